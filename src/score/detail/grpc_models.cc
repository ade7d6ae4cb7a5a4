#include "score/detail/grpc_models.h"

#include <algorithm>
#include <limits>

namespace edgewise::score::detail {
namespace {

constexpr auto kPlatform = "onnx_onnxv1";

inference::DataType ConfigTypeOf(DataType type) {
  switch (type) {
    case DataType::kBool:
      return inference::TYPE_BOOL;
    case DataType::kUint8:
      return inference::TYPE_UINT8;
    case DataType::kUint16:
      return inference::TYPE_UINT16;
    case DataType::kUint32:
      return inference::TYPE_UINT32;
    case DataType::kUint64:
      return inference::TYPE_UINT64;
    case DataType::kInt8:
      return inference::TYPE_INT8;
    case DataType::kInt16:
      return inference::TYPE_INT16;
    case DataType::kInt32:
      return inference::TYPE_INT32;
    case DataType::kInt64:
      return inference::TYPE_INT64;
    case DataType::kFp16:
      return inference::TYPE_FP16;
    case DataType::kBf16:
      return inference::TYPE_BF16;
    case DataType::kFp32:
      return inference::TYPE_FP32;
    case DataType::kFp64:
      return inference::TYPE_FP64;
    case DataType::kBytes:
      return inference::TYPE_STRING;
  }
  return inference::TYPE_INVALID;
}

/// As the shape is said: without a rank, one axis of any length.
std::vector<std::int64_t> ShapeOf(const TensorInfo& info) { return info.ranked ? info.shape : std::vector<std::int64_t>{-1}; }

void Fill(const TensorInfo& info, inference::ModelMetadataResponse::TensorMetadata& tensor) {
  tensor.set_name(info.name);
  tensor.set_datatype(std::string(NameOf(info.type)));
  const auto shape = ShapeOf(info);
  tensor.mutable_shape()->Add(shape.begin(), shape.end());
}

/// Where the first axis means rows, it is not among the dims: max_batch_size says it.
template <class Tensor>
void FillConfigTensor(const TensorInfo& info, bool batches, Tensor& tensor) {
  tensor.set_name(info.name);
  tensor.set_data_type(ConfigTypeOf(info.type));
  const auto shape = ShapeOf(info);
  tensor.mutable_dims()->Add(shape.begin() + (batches && !shape.empty() ? 1 : 0), shape.end());
}

void Fill(const Duration& duration, inference::StatisticDuration& out) {
  out.set_count(duration.count.load(std::memory_order_relaxed));
  out.set_ns(duration.nanoseconds.load(std::memory_order_relaxed));
}

void Fill(ModelVersion& version, inference::ModelStatistics& out) {
  const auto& statistics = version.statistics();
  out.set_name(version.model());
  out.set_version(version.version());
  out.set_last_inference(static_cast<std::uint64_t>(statistics.last_inference.load()));
  out.set_inference_count(statistics.rows.load());
  out.set_execution_count(statistics.executions.load());
  auto& inference = *out.mutable_inference_stats();
  Fill(statistics.success, *inference.mutable_success());
  Fill(statistics.fail, *inference.mutable_fail());
  Fill(statistics.queue, *inference.mutable_queue());
  Fill(statistics.input, *inference.mutable_compute_input());
  Fill(statistics.infer, *inference.mutable_compute_infer());
  Fill(statistics.output, *inference.mutable_compute_output());
  for (const auto& batch : statistics.batches) {
    if (batch.rows == 0) break;
    auto& entry = *out.add_batch_stats();
    entry.set_batch_size(batch.rows);
    Fill(batch.input, *entry.mutable_compute_input());
    Fill(batch.infer, *entry.mutable_compute_infer());
    Fill(batch.output, *entry.mutable_compute_output());
  }
  inference.mutable_cache_hit();  // clients read both unasked
  inference.mutable_cache_miss();
}

Result<std::shared_ptr<ModelVersion>> Find(ModelRepository& repository, const std::string& model, const std::string& version,
                                           std::string& cold) {
  auto found = repository.Find(model, version, {});
  if (found) return std::move(found->version);
  if (found.error().code == Code::kAborted) cold = model;
  return std::unexpected(std::move(found.error()));
}

}  // namespace

Result<void> FillMetadata(ModelRepository& repository, const inference::ModelMetadataRequest& request,
                          inference::ModelMetadataResponse& answer, std::string& cold) {
  EDGEWISE_ASSIGN(const auto version, Find(repository, request.name(), request.version(), cold));
  answer.set_name(version->model());
  for (const auto& entry : repository.Index()) {
    if (entry.model == version->model() && entry.state == "READY") answer.add_versions(entry.version);
  }
  answer.set_platform(kPlatform);
  for (const auto& input : version->signature().inputs) Fill(input, *answer.add_inputs());
  for (const auto& output : version->signature().outputs) Fill(output, *answer.add_outputs());
  return {};
}

Result<void> FillConfig(ModelRepository& repository, const inference::ModelConfigRequest& request, inference::ModelConfigResponse& answer,
                        std::string& cold) {
  EDGEWISE_ASSIGN(const auto version, Find(repository, request.name(), request.version(), cold));
  const auto& signature = version->signature();
  auto& config = *answer.mutable_config();
  config.set_name(version->model());
  config.set_platform("onnxruntime_onnx");  // as Triton's configurations say, where its metadata says kPlatform
  config.set_backend("onnxruntime");
  config.mutable_version_policy()->mutable_latest()->set_num_versions(1);
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  if (signature.batches) config.set_max_batch_size(static_cast<std::int32_t>(std::min(version->max_rows(), kMost)));
  for (const auto& input : signature.inputs) FillConfigTensor(input, signature.batches, *config.add_input());
  for (const auto& output : signature.outputs) FillConfigTensor(output, signature.batches, *config.add_output());
  return {};
}

Result<void> FillStatistics(ModelRepository& repository, const inference::ModelStatisticsRequest& request,
                            inference::ModelStatisticsResponse& answer) {
  for (const auto& version : repository.Loaded()) {
    if (!request.name().empty() && version->model() != request.name()) continue;
    if (!request.version().empty() && version->version() != request.version()) continue;
    Fill(*version, *answer.add_model_stats());
  }
  if (request.name().empty() || answer.model_stats_size() > 0) return {};
  // None that is loaded has this name and number: a label of one, cold, or an error.
  const auto found = repository.Find(request.name(), request.version(), {});
  if (found) {
    Fill(*found->version, *answer.add_model_stats());
  } else if (found.error().code != Code::kAborted) {
    return std::unexpected(found.error());
  }
  return {};
}

}  // namespace edgewise::score::detail
