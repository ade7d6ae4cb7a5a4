#include "hub/indexer.h"

#include <utility>

#include "hub/decode.h"

namespace edgewise::hub {
namespace {

constexpr std::string_view kPrefix = "sites/";
constexpr std::string_view kManifest = ".manifest.json";
constexpr std::string_view kObject = ".jsonl.zst";

/// "a/b/c.manifest.json" -> "a/b/c.jsonl.zst"
std::string ObjectOf(std::string_view manifest) {
  manifest.remove_suffix(kManifest.size());
  return std::string(manifest).append(kObject);
}

bool MayPass(const Error& error) {
  return error.code == Code::kUnavailable || error.code == Code::kResourceExhausted || error.code == Code::kDeadlineExceeded ||
         error.code == Code::kCancelled;
}

}  // namespace

Indexer::Indexer(store::Store& store, Index& index, Metrics& metrics)
    : store_(store),
      index_(index),
      indexed_(metrics.Counter("edgewise_hub_indexed_events_total", "Events indexed.")),
      doubled_(metrics.Counter("edgewise_hub_doubled_events_total", "Events whose id was indexed before.")),
      aside_(metrics.Counter("edgewise_hub_set_aside_total", "Objects and events not indexed.")) {}

Result<std::size_t> Indexer::Step(std::size_t most, Deadline deadline) {
  auto outcome = FindFolders(std::string(kPrefix), 3, deadline);
  std::size_t done = 0;
  for (auto& [folder, after] : folders_) {
    if (done >= most || deadline.Expired()) break;
    auto taken = StepFolder(folder, after, most - done, deadline);
    if (taken) {
      done += *taken;
    } else if (outcome) {
      outcome = std::unexpected(std::move(taken.error()));
    }
  }
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  return done;
}

/// sites/<site>/<lane>/<epoch>/: the folders above are few and small, the last ones hold every batch and are not read here.
/// One that cannot be read does not hold up those beside it; the first error is told.
Result<void> Indexer::FindFolders(const std::string& folder, int levels, Deadline deadline) {
  if (levels == 0) return Know(folder);
  EDGEWISE_ASSIGN(const auto inner, store_.Folders(folder, deadline));
  Result<void> outcome;
  for (const auto& each : inner) {
    auto found = FindFolders(each, levels - 1, deadline);
    if (!found && outcome) outcome = std::move(found);
  }
  return outcome;
}

Result<void> Indexer::Know(const std::string& folder) {
  if (folders_.contains(folder)) return {};
  EDGEWISE_ASSIGN(auto last, index_.LastObject(folder));
  if (last.ends_with(kObject)) last.replace(last.size() - kObject.size(), kObject.size(), kManifest);
  folders_.emplace(folder, std::move(last));
  return {};
}

Result<std::size_t> Indexer::StepFolder(const std::string& folder, std::string& after, std::size_t most, Deadline deadline) {
  EDGEWISE_ASSIGN(const auto names, store_.List(folder, after, 2 * most, deadline));
  std::size_t done = 0;
  for (const auto& name : names) {
    if (!name.ends_with(kManifest) || name.find('/', folder.size()) != std::string::npos) continue;
    EDGEWISE_TRY(Take(name, deadline));
    after = name;
    ++done;
  }
  return done;
}

Result<void> Indexer::Take(const std::string& manifest_name, Deadline deadline) {
  const auto object = ObjectOf(manifest_name);
  const auto manifest = store_.Get(manifest_name, deadline);
  if (!manifest && MayPass(manifest.error())) return std::unexpected(manifest.error());
  if (!manifest) return SetAside(object, manifest.error().message);
  auto batch = ReadManifest(*manifest);
  if (!batch) return SetAside(object, batch.error().message);
  if (batch->object != object) return SetAside(object, "manifest: names another object than its own");
  const auto bytes = store_.Get(object, deadline);
  if (!bytes && MayPass(bytes.error())) return std::unexpected(bytes.error());
  if (!bytes) return SetAside(object, bytes.error().message);
  const auto decoded = Decode(std::move(*batch), *bytes);
  if (!decoded) return SetAside(object, decoded.error().message);
  EDGEWISE_ASSIGN(const auto added, index_.AddBatch(*decoded));
  if (!added.repeated) Note(added, decoded->aside.size());
  return {};
}

Result<void> Indexer::SetAside(const std::string& object, const std::string& reason) {
  EDGEWISE_TRY(index_.SetAside({object, "", reason}));
  aside_.Increment();
  return {};
}

void Indexer::Note(const Added& added, std::size_t aside) {
  indexed_.Increment(static_cast<double>(added.indexed));
  doubled_.Increment(static_cast<double>(added.doubled));
  aside_.Increment(static_cast<double>(aside));
}

}  // namespace edgewise::hub
