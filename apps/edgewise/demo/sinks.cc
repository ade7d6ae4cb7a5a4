#include "demo/sinks.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/files.h"
#include "demo/unpack.h"
#include "event/event.h"
#include "store/directory_store.h"

namespace edgewise::demo {
namespace {

using nlohmann::json;

constexpr std::string_view kManifest = ".manifest.json";

/// One lane of one site: which sequences came back.
struct LaneSeen {
  std::vector<bool> seen;
  std::uint64_t events = 0, denied = 0, last = 0;
};

class Reader {
 public:
  Reader(StoredYear& year, LeakSearch& leaks, const std::function<void(const event::Event&)>& visit)
      : year_(year), leaks_(leaks), visit_(visit) {}

  Result<void> Object(store::Store& store, const std::string& manifest_name) {
    EDGEWISE_ASSIGN(const auto text, store.Get(manifest_name, Deadline::Never()));
    leaks_.Search(manifest_name, text);
    const auto manifest = json::parse(text, nullptr, false);
    if (!manifest.is_object()) return Fail(Code::kDataLoss, manifest_name + " is no manifest");
    const auto object = manifest.value("object", "");
    EDGEWISE_ASSIGN(const auto packed, store.Get(object, Deadline::Never()));
    if (Digest::Of(packed).ToString() != manifest.value("output", ""))
      return Fail(Code::kDataLoss, object + " is not what its manifest says");
    EDGEWISE_ASSIGN(const auto lines, UnpackZstd(packed));
    leaks_.Search(object, lines);
    ++year_.objects;
    auto& lane = lanes_[manifest.value("site", "") + "/" + manifest.value("lane", "")];
    lane.denied += manifest.value("denied", std::uint64_t{0});
    lane.last = std::max(lane.last, manifest.value("last", std::uint64_t{0}));
    year_.leak_bits_max = std::max(year_.leak_bits_max, manifest.value("leak_bits_max", 0));
    for (std::size_t at = 0; at < lines.size();) {
      const auto end = std::min(lines.find('\n', at), lines.size());
      EDGEWISE_TRY(Line(std::string_view(lines).substr(at, end - at), lane));
      at = end + 1;
    }
    return {};
  }

  void Finish() {
    for (const auto& [name, lane] : lanes_) {
      year_.events += lane.events;
      year_.denied += lane.denied;
      year_.lost += lane.last - std::min(lane.last, lane.events + lane.denied);
    }
  }

 private:
  Result<void> Line(std::string_view line, LaneSeen& lane) {
    EDGEWISE_ASSIGN(const auto event, event::FromJson(line));
    if (lane.seen.size() <= event.id.sequence) lane.seen.resize(event.id.sequence + 4096);
    if (lane.seen[event.id.sequence]) {
      ++year_.doubled;
      return {};
    }
    lane.seen[event.id.sequence] = true;
    ++lane.events;
    if (visit_) visit_(event);
    if (event.type == event::kInsightV1 && json::parse(event.data, nullptr, false).value("scored", 0) > 0)
      year_.insights.push_back(event.lineage);
    if (event.type == event::kReadingV1) ++year_.quarantined;
    if (event.type == event::kDisruptionV1) {
      const auto data = json::parse(event.data, nullptr, false);
      year_.disrupted.emplace(event.id.site, data.value("date", ""));
    }
    return {};
  }

  StoredYear& year_;
  LeakSearch& leaks_;
  const std::function<void(const event::Event&)>& visit_;
  std::map<std::string, LaneSeen> lanes_;
};

}  // namespace

Result<StoredYear> ReadStore(const std::filesystem::path& folder, LeakSearch& leaks,
                             const std::function<void(const event::Event&)>& visit) {
  store::DirectoryStore store(SystemFiles(), folder);
  StoredYear year;
  Reader reader(year, leaks, visit);
  EDGEWISE_ASSIGN(const auto names, store.List("sites/", "", 1'000'000, Deadline::Never()));
  for (const auto& name : names) {
    if (name.ends_with(kManifest)) EDGEWISE_TRY(reader.Object(store, name));
  }
  reader.Finish();
  return year;
}

Result<void> SearchFiles(const std::filesystem::path& folder, LeakSearch& leaks) {
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    EDGEWISE_ASSIGN(const auto bytes, SystemFiles().Read(entry.path()));
    const auto name = entry.path().filename().string();
    leaks.Search(name, bytes);
    EDGEWISE_ASSIGN(const auto inner, UnpackIfPacked(bytes));  // an image's layer
    leaks.Search(name + ", unpacked", inner);
  }
  return error ? Fail(Code::kUnavailable, fmt::format("{}: {}", folder.string(), error.message())) : Result<void>();
}

}  // namespace edgewise::demo
