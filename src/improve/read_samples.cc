#include <fmt/format.h>
#include <simdjson.h>

#include "improve/detail/lines.h"
#include "improve/detail/sample_builder.h"
#include "improve/samples.h"

namespace edgewise::improve {
namespace {

constexpr std::string_view kBatchEnd = ".jsonl.zst";
constexpr std::string_view kManifestEnd = ".manifest.json";
constexpr std::size_t kPage = 1000;

/// Names of the sample batches, without their ending, whose manifest is there: it is put second.
Result<std::vector<std::string>> FinishedBatches(store::Store& store, Deadline deadline) {
  std::vector<std::string> batches;
  std::string after;
  for (;;) {
    EDGEWISE_ASSIGN(const auto names, store.List("sites/", after, kPage, deadline));
    for (const auto& name : names) {
      if (name.find("/sample/") == std::string::npos || !name.ends_with(kManifestEnd)) continue;
      batches.push_back(name.substr(0, name.size() - kManifestEnd.size()));
    }
    if (names.size() < kPage) return batches;
    after = names.back();
  }
}

Result<Digest> OutputOf(const std::string& name, const std::string& manifest) {
  simdjson::dom::parser parser;
  std::string_view schema, output;
  const auto json = parser.parse(manifest);
  if (json["schema"].get(schema) != simdjson::SUCCESS || schema != "edgewise.batch.v1" || json["output"].get(output) != simdjson::SUCCESS) {
    return Fail(Code::kDataLoss, fmt::format("{}: not a manifest of a version we know (edgewise.batch.v1)", name));
  }
  return Digest::Parse(output);
}

Error Named(std::string_view name, Error error) {
  error.message = fmt::format("{}: {}", name, error.message);
  return error;
}

Result<void> ReadBatch(store::Store& store, const std::string& batch, detail::SampleBuilder& builder, Deadline deadline) {
  const auto manifest_name = fmt::format("{}{}", batch, kManifestEnd);
  const auto name = fmt::format("{}{}", batch, kBatchEnd);
  EDGEWISE_ASSIGN(const auto manifest, store.Get(manifest_name, deadline));
  EDGEWISE_ASSIGN(const auto expected, OutputOf(manifest_name, manifest));
  EDGEWISE_ASSIGN(const auto bytes, store.Get(name, deadline));
  const auto digest = Digest::Of(bytes);
  if (digest != expected)
    return Fail(Code::kDataLoss, fmt::format("{}: is {}, its manifest says {}", name, digest.Short(), expected.Short()));
  builder.Begin(name, digest);
  const auto read = detail::EachLine(bytes, [&](std::string_view line) { builder.Add(line); });
  if (!read) return std::unexpected(Named(name, read.error()));
  return {};
}

}  // namespace

Result<SampleSet> ReadSamples(store::Store& store, const ReadOptions& options, Deadline deadline) {
  EDGEWISE_ASSIGN(auto builder, detail::SampleBuilder::Make(options));
  EDGEWISE_ASSIGN(const auto batches, FinishedBatches(store, deadline));
  for (const auto& batch : batches) EDGEWISE_TRY(ReadBatch(store, batch, builder, deadline));
  return builder.Finish();
}

Result<SampleSet> ReadHistory(Files& files, const std::filesystem::path& path, const ReadOptions& options) {
  EDGEWISE_ASSIGN(auto builder, detail::SampleBuilder::Make(options));
  EDGEWISE_ASSIGN(const auto bytes, files.Read(path));
  const auto name = fmt::format("history/{}", path.filename().string());
  builder.Begin(name, Digest::Of(bytes));
  const auto read = detail::EachLine(bytes, [&](std::string_view line) { builder.Add(line); });
  if (!read) return std::unexpected(Named(name, read.error()));
  return builder.Finish();
}

}  // namespace edgewise::improve
