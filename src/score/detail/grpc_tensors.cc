#include "score/detail/grpc_tensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

namespace edgewise::score::detail {
namespace {

constexpr auto kNone = std::numeric_limits<std::size_t>::max();

/// More than any message holds; also of a shape with a zero in it.
constexpr std::size_t kMaxElements = 1u << 31;

Result<void> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

std::string NamesOf(const std::vector<TensorInfo>& tensors) {
  std::vector<std::string_view> names;
  for (const auto& tensor : tensors) names.push_back(tensor.name);
  return fmt::format("\"{}\"", fmt::join(names, "\", \""));
}

/// `guess` is tried first: most requests name their tensors in the model's order.
std::size_t IndexOf(const std::vector<TensorInfo>& tensors, std::string_view name, std::size_t guess) {
  if (guess < tensors.size() && tensors[guess].name == name) return guess;
  const auto found = std::ranges::find(tensors, name, &TensorInfo::name);
  return found == tensors.end() ? kNone : static_cast<std::size_t>(found - tensors.begin());
}

Result<void> ReadInput(const GrpcRequest& request, std::size_t position, const TensorInfo& info, InputValues& values, TensorView& view) {
  const auto& input = request.inputs[position];
  const auto shape = request.ShapeOf(input);
  const auto type = DataTypeOf(input.datatype);
  if (!type) {
    return Invalid(fmt::format("input \"{}\" has datatype \"{}\", which the protocol does not know; expected {}", info.name, input.datatype,
                               NameOf(info.type)));
  }
  EDGEWISE_TRY(Check(info, *type, shape));
  if (std::ranges::any_of(shape, [](std::int64_t axis) { return axis < 1; })) {
    return Invalid(fmt::format("input \"{}\" has shape {}: every axis must be 1 or more", info.name, ShapeText(shape)));
  }
  const auto count = CountElements(shape, kMaxElements);
  if (!count) return Invalid(fmt::format("input \"{}\" has shape {}: more elements than a message can hold", info.name, ShapeText(shape)));
  view = {.type = *type, .shape = shape, .bytes = {}, .strings = {}};
  const auto read = request.raw.empty() ? values.ReadContents(input.contents.value_or(""), *count, view)
                                        : values.ReadRaw(request.raw[position], *count, view);
  if (!read) return Invalid(fmt::format("input \"{}\": {}", info.name, read.error().message));
  return {};
}

Result<void> ReadOutputs(const GrpcRequest& request, const ModelVersion& version, Job& job) {
  const auto& outputs = version.signature().outputs;
  job.outputs.clear();
  for (std::size_t i = 0; i < (request.outputs.empty() ? outputs.size() : 0); ++i) job.outputs.push_back(i);
  for (const auto name : request.outputs) {
    const auto index = IndexOf(outputs, name, job.outputs.size());
    if (index == kNone) {
      return Invalid(fmt::format("model \"{}\" has no output \"{}\"; its outputs are {}", version.model(), name, NamesOf(outputs)));
    }
    if (std::ranges::find(job.outputs, index) != job.outputs.end()) return Invalid(fmt::format("output \"{}\" is asked for twice", name));
    job.outputs.push_back(index);
  }
  return {};
}

/// Sets job.rows. The first axis of all inputs is the same number of rows.
Result<void> CountRows(const ModelVersion& version, Job& job) {
  job.rows = 1;
  const auto& signature = version.signature();
  if (!signature.batches || job.inputs.empty()) return {};
  for (std::size_t i = 0; i < job.inputs.size(); ++i) {
    const auto shape = job.inputs[i].shape;
    const auto rows = shape.empty() ? 0 : static_cast<std::size_t>(shape[0]);
    if (i == 0) job.rows = rows;
    if (rows != job.rows) {
      return Invalid(fmt::format("input \"{}\" has {} rows and input \"{}\" has {}: the first axis must be the same",
                                 signature.inputs[i].name, rows, signature.inputs[0].name, job.rows));
    }
  }
  if (job.rows == 0) return Invalid(fmt::format("input \"{}\" has no rows", signature.inputs[0].name));
  if (job.rows > version.max_rows()) {
    return Invalid(
        fmt::format("the request has {} rows; model \"{}\" takes {} at once: send fewer", job.rows, version.model(), version.max_rows()));
  }
  return {};
}

}  // namespace

Result<void> FillJob(const GrpcRequest& request, const ModelVersion& version, std::vector<InputValues>& values, Job& job) {
  const auto& inputs = version.signature().inputs;
  if (!request.raw.empty() && request.raw.size() != request.inputs.size()) {
    return Invalid(fmt::format("the request has {} raw_input_contents and {} inputs: send one for each input, or contents alone",
                               request.raw.size(), request.inputs.size()));
  }
  job.inputs.assign(inputs.size(), {});
  if (values.size() < inputs.size()) values.resize(inputs.size());
  for (auto& value : values) value.given = false;
  for (std::size_t position = 0; position < request.inputs.size(); ++position) {
    const auto& input = request.inputs[position];
    const auto index = IndexOf(inputs, input.name, position);
    if (index == kNone) {
      return Invalid(fmt::format("model \"{}\" has no input \"{}\"; its inputs are {}", version.model(), input.name, NamesOf(inputs)));
    }
    if (values[index].given) return Invalid(fmt::format("input \"{}\" is given twice", input.name));
    values[index].given = true;
    if (!request.raw.empty() && input.contents) {
      return Invalid(fmt::format("input \"{}\" has contents beside raw_input_contents: send one of them", input.name));
    }
    EDGEWISE_TRY(ReadInput(request, position, inputs[index], values[index], job.inputs[index]));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (values[i].given) continue;
    return Invalid(fmt::format("input \"{}\" of model \"{}\" is missing: {} {} expected", inputs[i].name, version.model(),
                               NameOf(inputs[i].type), ShapeText(inputs[i].shape)));
  }
  EDGEWISE_TRY(CountRows(version, job));
  return ReadOutputs(request, version, job);
}

}  // namespace edgewise::score::detail
