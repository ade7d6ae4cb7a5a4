#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "event/event.h"
#include "improve/samples.h"
#include "store/fake_store.h"

/// Stands in for the real policy, which is not linked here: Permitted can be made by a class of this name alone.
namespace edgewise::relay {
class Policy {
 public:
  static event::Permitted<std::string> Permit(std::string bytes) { return event::Permitted<std::string>(std::move(bytes)); }
};
}  // namespace edgewise::relay

namespace edgewise::improve::test {

/// Two numbers and a category.
inline feature::Program MadeProgram() {
  auto program = feature::Program::FromToml(R"(
schema = "edgewise.features.v1"
zone = "America/New_York"
features = [
  { name = "heat", field = "heat" },
  { name = "wind", field = "wind", seasonal = true },
  { name = "carrier", category = "carrier" },
]
[request]
heat = {}
wind = {}
carrier = "text"
)",
                                            "test.toml");
  EXPECT_TRUE(program) << program.error().message;
  return *std::move(program);
}

/// One labelled row before it becomes an event.
struct Row {
  std::string site = "EWR";
  std::uint64_t sequence = 1;
  std::string day = "2013-04-01";
  bool label = false;
  std::string score = "0.25";
  std::string heat = "1";
  std::string wind = "2";
  std::string carrier = "\"UA\"";
};

inline event::Event MadeEvent(const Row& row, const Digest& layout = MadeProgram().layout()) {
  event::Event event;
  event.id = {.site = row.site, .epoch = 1, .lane = event::Lane::kSample, .sequence = row.sequence};
  event.type = event::kSampleV1;
  event.time = ParseTime(row.day + "T20:00:00Z").value();
  event.lineage = LineageId::FromBytes(fmt::format("{:>3.3}{:013}", row.site, row.sequence));
  event.data = fmt::format(R"({{"layout":"{}","model":"{}","score":{},"label":{},"day":"{}","n":[{},{}],"c":[{}]}})", layout.ToString(),
                           Digest::Of("model").ToString(), row.score, row.label ? 1 : 0, row.day, row.heat, row.wind, row.carrier);
  return event;
}

inline std::string Pack(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
  return packed;
}

inline std::string Lines(const std::vector<Row>& rows) {
  std::string lines;
  const auto layout = MadeProgram().layout();
  for (const auto& row : rows) lines += event::ToJson(MadeEvent(row, layout)) + '\n';
  return lines;
}

inline constexpr std::string_view kManifest = R"({{"schema":"edgewise.batch.v1","output":"{}"}})";

/// Puts a batch as the relay does, manifest second; answers with its name without ending.
inline std::string PutBatch(store::Store& store, const std::string& site, std::uint64_t first, const std::string& lines) {
  const auto name = fmt::format("sites/{}/sample/e000001/{:012}-{:012}", site, first, first + 999);
  const auto bytes = Pack(lines);
  EXPECT_TRUE(store.Put(name + ".jsonl.zst", relay::Policy::Permit(bytes), Deadline::Never()));
  const auto manifest = fmt::format(fmt::runtime(kManifest), Digest::Of(bytes).ToString());
  EXPECT_TRUE(store.Put(name + ".manifest.json", relay::Policy::Permit(manifest), Deadline::Never()));
  return name;
}

inline ReadOptions Options() {
  ReadOptions options;
  options.layout = MadeProgram().layout();
  return options;
}

}  // namespace edgewise::improve::test
