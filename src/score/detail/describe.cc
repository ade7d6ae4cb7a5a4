#include "score/detail/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace edgewise::score::detail {
namespace {

using nlohmann::ordered_json;

/// Names out of a model may be anything: what is no UTF-8 is replaced, not thrown at.
std::string Text(const ordered_json& document) { return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

ordered_json TensorsOf(std::span<const TensorInfo> infos) {
  auto tensors = ordered_json::array();
  for (const auto& info : infos) {
    const auto shape = info.ranked ? info.shape : std::vector<std::int64_t>{-1};
    tensors.push_back({{"name", info.name}, {"datatype", NameOf(info.type)}, {"shape", shape}});
  }
  return tensors;
}

ordered_json ConfigTensors(std::span<const TensorInfo> infos, bool batches) {
  auto tensors = ordered_json::array();
  for (const auto& info : infos) {
    auto dims = info.ranked ? info.shape : std::vector<std::int64_t>{-1};
    if (batches) dims.erase(dims.begin());
    const auto type = info.type == DataType::kBytes ? std::string("TYPE_STRING") : fmt::format("TYPE_{}", NameOf(info.type));
    tensors.push_back({{"name", info.name}, {"data_type", type}, {"dims", dims}});
  }
  return tensors;
}

ordered_json Figures(std::uint64_t count, std::uint64_t nanoseconds) { return {{"count", count}, {"ns", nanoseconds}}; }
ordered_json Figures(const Duration& duration) { return Figures(duration.count, duration.nanoseconds); }

ordered_json BatchesOf(const Statistics& statistics) {
  auto batches = ordered_json::array();
  for (const auto& batch : statistics.batches) {
    if (batch.rows == 0) break;
    batches.push_back({{"batch_size", batch.rows.load()},
                       {"compute_input", Figures(batch.input)},
                       {"compute_infer", Figures(batch.infer)},
                       {"compute_output", Figures(batch.output)}});
  }
  return batches;
}

}  // namespace

std::string DescribeServerText() {
  return Text({{"name", "edgewise"},
               {"version", "0.1.0"},
               {"extensions", {"binary_tensor_data", "model_repository", "model_configuration", "statistics"}}});
}

std::string DescribeModelText(const ModelVersion& version, std::span<const ModelRepository::Entry> index) {
  auto versions = ordered_json::array();
  for (const auto& entry : index) {
    if (entry.model == version.model() && entry.state == "READY") versions.push_back(entry.version);
  }
  if (versions.empty()) versions.push_back(version.version());
  const auto& signature = version.signature();
  ordered_json document = {{"name", version.model()},
                           {"versions", versions},
                           {"platform", "onnx_onnxv1"},
                           {"inputs", TensorsOf(signature.inputs)},
                           {"outputs", TensorsOf(signature.outputs)},
                           {"max_rows", version.max_rows()}};
  if (version.program()) {
    auto& columns = document["columns"] = ordered_json::array();
    for (const auto& output : version.program()->outputs()) columns.push_back(output.name);
  }
  return Text(document);
}

std::string DescribeConfigText(const ModelVersion& version) {
  const auto& signature = version.signature();
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  return Text({{"name", version.model()},
               {"platform", "onnxruntime_onnx"},
               {"backend", "onnxruntime"},
               {"version_policy", {{"latest", {{"num_versions", 1}}}}},
               {"max_batch_size", signature.batches ? std::min(version.max_rows(), kMost) : 0},
               {"input", ConfigTensors(signature.inputs, signature.batches)},
               {"output", ConfigTensors(signature.outputs, signature.batches)}});
}

std::string DescribeModelsText(std::span<const ModelRepository::Entry> index) {
  auto names = ordered_json::array();
  for (const auto& entry : index) {
    if (names.empty() || names.back() != entry.model) names.push_back(entry.model);
  }
  return Text({{"models", names}});
}

std::string DescribeIndexText(std::span<const ModelRepository::Entry> index, bool ready_only) {
  auto entries = ordered_json::array();
  for (const auto& entry : index) {
    if (ready_only && entry.state != "READY") continue;
    entries.push_back({{"name", entry.model}, {"version", entry.version}, {"state", entry.state}, {"reason", entry.reason}});
  }
  return Text(entries);
}

std::string DescribeStatisticsText(Versions versions) {
  auto models = ordered_json::array();
  for (const auto& version : versions) {
    const auto& statistics = version->statistics();
    const ordered_json inference = {{"success", Figures(statistics.success)},
                                    {"fail", Figures(statistics.fail)},
                                    {"queue", Figures(statistics.queue)},
                                    {"compute_input", Figures(statistics.input)},
                                    {"compute_infer", Figures(statistics.infer)},
                                    {"compute_output", Figures(statistics.output)},
                                    {"cache_hit", Figures(0, 0)},
                                    {"cache_miss", Figures(0, 0)}};
    models.push_back({{"name", version->model()},
                      {"version", version->version()},
                      {"last_inference", statistics.last_inference.load()},
                      {"inference_count", statistics.rows.load()},
                      {"execution_count", statistics.executions.load()},
                      {"inference_stats", inference},
                      {"batch_stats", BatchesOf(statistics)}});
  }
  return Text({{"model_stats", models}});
}

}  // namespace edgewise::score::detail
