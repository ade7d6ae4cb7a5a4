#include "score/detail/infer_input.h"

#include <fmt/format.h>

#include <algorithm>

#include "score/detail/binary_tensor.h"
#include "score/detail/infer_parameters.h"
#include "score/detail/numbers.h"

namespace edgewise::score::detail {
namespace {

namespace ondemand = simdjson::ondemand;

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

Result<void> Once(bool& seen, std::string_view key) {
  if (seen) return Invalid(fmt::format("an input has \"{}\" twice", key));
  seen = true;
  return {};
}

std::string NamesOf(const Signature& signature) {
  std::string names;
  for (const auto& input : signature.inputs) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", input.name);
  return names;
}

/// Says which tensor an error is about.
Result<void> At(std::string_view name, Result<void> result) {
  if (!result) result.error().message = fmt::format("input \"{}\": {}", name, result.error().message);
  return result;
}

}  // namespace

Result<void> InputReader::Read(ondemand::object object) {
  Input input;
  EDGEWISE_TRY(ForEachMember(object, [&](std::string_view key, Value value) { return ReadMember(key, value, input); }));
  EDGEWISE_TRY(Finish(object, input));
  ++read_;
  return {};
}

Result<void> InputReader::ReadMember(std::string_view key, Value value, Input& input) {
  if (key == "name") return ReadName(value, input);
  if (key == "shape") return ReadShape(value, input);
  if (key == "datatype") return ReadType(value, input);
  if (key == "data") {
    EDGEWISE_TRY(Once(input.has_data, key));
    if (!input.Known()) return {};  // read by Finish(), when it is clear what it should be
    input.data_is_read = true;
    return ReadData(value, input);
  }
  if (key == "parameters") {
    EDGEWISE_TRY(Once(input.has_parameters, key));
    EDGEWISE_ASSIGN(const auto parameters, ReadInferParameters(value));
    input.binary_size = parameters.binary_data_size;
    return {};
  }
  return SkipJson(value);
}

Result<void> InputReader::ReadName(Value value, Input& input) {
  std::string_view name;
  if (input.info != nullptr) return Invalid("an input has \"name\" twice");
  if (value.get_string().get(name)) return Invalid("an input's \"name\" must be text");
  const auto& inputs = version_.signature().inputs;
  const auto found = std::ranges::find(inputs, name, &TensorInfo::name);
  if (found == inputs.end()) return Invalid(fmt::format("no input is called {}; expected {}", Quoted(name), NamesOf(version_.signature())));
  input.info = &*found;
  input.index = static_cast<std::size_t>(found - inputs.begin());
  if (request_.tensors.Has(input.index)) return Invalid(fmt::format("input \"{}\" is there twice", name));
  return {};
}

Result<void> InputReader::ReadType(Value value, Input& input) {
  std::string_view name;
  if (input.type) return Invalid("an input has \"datatype\" twice");
  if (!value.get_string().get(name)) input.type = DataTypeOf(name);
  if (!input.type)
    return Invalid("an input's \"datatype\" must be one of BOOL, UINT8 to UINT64, INT8 to INT64, FP16, BF16, FP32, FP64, BYTES");
  return {};
}

Result<void> InputReader::ReadShape(Value value, Input& input) {
  EDGEWISE_TRY(Once(input.has_shape, "shape"));
  ondemand::array shape;
  if (value.get_array().get(shape)) return Invalid("an input's \"shape\" must be an array of whole numbers");
  for (auto element : shape) {
    std::int64_t axis = 0;
    if (const auto error = element.get_int64().get(axis)) {
      return Invalid(fmt::format("an input's \"shape\" holds something that is no whole number ({})", simdjson::error_message(error)));
    }
    if (input.rank == kMostAxes) return Invalid(fmt::format("an input's \"shape\" has more than {} axes", kMostAxes));
    input.axes[input.rank++] = axis;
  }
  return {};
}

Result<std::size_t> InputReader::Begin(const Input& input) {
  const auto shape = input.shape();
  EDGEWISE_TRY(Check(*input.info, *input.type, shape));
  if (std::ranges::any_of(shape, [](std::int64_t axis) { return axis < 1; })) {
    return Invalid(fmt::format("input \"{}\" has shape {}: every axis must be 1 or more", input.info->name, ShapeText(shape)));
  }
  if (version_.signature().batches) {
    const auto rows = static_cast<std::uint64_t>(shape[0]);
    if (rows > version_.max_rows()) {
      return Invalid(
          fmt::format("input \"{}\" has {} rows, at most {} fit one request: send fewer", input.info->name, rows, version_.max_rows()));
    }
    if (rows_.value_or(rows) != rows) {
      return Invalid(
          fmt::format("input \"{}\" has {} rows, another input has {}: all need the same number", input.info->name, rows, *rows_));
    }
    rows_ = rows;
  }
  // An element takes a byte at least, or a character and a comma: what is over that is a lie, whatever it multiplies to.
  const std::size_t most = std::max(json_bytes_, static_cast<std::size_t>(input.binary_size.value_or(0)));
  const auto count = CountElements(shape, most);
  if (!count) {
    return Invalid(
        fmt::format("input \"{}\" has shape {}, and the request is too short for so many elements", input.info->name, ShapeText(shape)));
  }
  request_.tensors.Begin(input.index, *input.type, shape);
  return *count;
}

Result<void> InputReader::ReadData(Value value, Input& input) {
  EDGEWISE_ASSIGN(const std::size_t count, Begin(input));
  return At(input.info->name, ReadJsonTensor(value, *input.type, input.shape(), count, request_.tensors));
}

Result<void> InputReader::ReadBinary(const Input& input) {
  if (*input.binary_size > binary_.size()) {
    return Invalid(fmt::format("input \"{}\": binary_data_size is {}, and {} bytes are left behind the JSON", input.info->name,
                               *input.binary_size, binary_.size()));
  }
  EDGEWISE_ASSIGN(const std::size_t count, Begin(input));
  const auto bytes = binary_.substr(0, *input.binary_size);
  binary_.remove_prefix(bytes.size());
  return At(input.info->name, ReadBinaryTensor(bytes, *input.type, count, request_.tensors));
}

Result<void> InputReader::Finish(ondemand::object& object, Input& input) {
  if (input.info == nullptr) return Invalid(fmt::format("an input has no \"name\"; expected {}", NamesOf(version_.signature())));
  const auto& name = input.info->name;
  if (!input.type) return Invalid(fmt::format("input \"{}\" has no \"datatype\"", name));
  if (!input.has_shape) return Invalid(fmt::format("input \"{}\" has no \"shape\"", name));
  if (input.binary_size && input.has_data) return Invalid(fmt::format("input \"{}\" has both \"data\" and binary_data_size", name));
  if (input.binary_size) return ReadBinary(input);
  if (!input.has_data) return Invalid(fmt::format("input \"{}\" has neither \"data\" nor binary_data_size", name));
  if (input.data_is_read) return {};
  bool some = false;
  Value data;
  auto error = object.reset().get(some);
  if (!error) error = object.find_field("data").get(data);
  if (error) return Invalid(fmt::format("input \"{}\": \"data\" cannot be read ({})", name, simdjson::error_message(error)));
  return ReadData(data, input);
}

Result<void> InputReader::Complete() {
  const auto& inputs = version_.signature().inputs;
  for (std::size_t i = 0; i < inputs.size() && read_ < inputs.size(); ++i) {
    if (!request_.tensors.Has(i)) return Invalid(fmt::format("input \"{}\" is missing", inputs[i].name));
  }
  if (!binary_.empty()) return Invalid(fmt::format("{} bytes follow the JSON that no input claims with binary_data_size", binary_.size()));
  request_.rows = rows_.value_or(1);
  return {};
}

}  // namespace edgewise::score::detail
