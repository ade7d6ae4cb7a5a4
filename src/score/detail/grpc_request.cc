#include "score/detail/grpc_request.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "score/detail/kept_bytes.h"
#include "score/detail/parameter_rules.h"
#include "score/detail/wire.h"

namespace edgewise::score::detail {
namespace {

struct Parameter {
  std::string_view name;
  std::optional<std::uint64_t> count;  ///< Of int64_param and uint64_param; nothing if it is negative, or of another type.
};

constexpr std::chrono::microseconds kLongestTimeout = std::chrono::hours(24);

Result<void> Malformed(std::string_view what) {
  return Fail(Code::kInvalidArgument,
              fmt::format("the request is no ModelInferRequest: {} cannot be read; send what open_inference.proto says", what));
}

Result<void> TooMany(std::string_view what) {
  return Fail(Code::kInvalidArgument, fmt::format("the request has more than {} {}", GrpcRequest::kMaxTensors, what));
}

/// A field of InferParameter.
std::optional<std::uint64_t> ReadCount(WireReader& value) {
  if (value.field() == 5) return value.Varint();
  if (value.field() == 2) {
    const auto number = value.Varint();
    if (static_cast<std::int64_t>(number) >= 0) return number;
    return std::nullopt;
  }
  value.Skip();
  return std::nullopt;
}

/// An entry of map<string, InferParameter>; nothing if it is damaged.
std::optional<Parameter> ReadParameter(std::string_view entry) {
  Parameter parameter;
  WireReader reader(entry);
  while (reader.Next()) {
    if (reader.field() == 1) {
      parameter.name = reader.Text();
    } else if (reader.field() == 2) {
      WireReader value(reader.Text());
      while (value.Next()) {
        parameter.count = ReadCount(value);
      }
      if (!value.ok()) return std::nullopt;
    } else {
      reader.Skip();
    }
  }
  if (!reader.ok()) return std::nullopt;
  return parameter;
}

Result<Parameter> ReadOfferedParameter(std::string_view entry) {
  const auto parameter = ReadParameter(entry);
  if (!parameter) return std::unexpected(Malformed("a parameter").error());
  if (!IsOffered(parameter->name)) return std::unexpected(NotOffered(fmt::format("\"{}\"", parameter->name)));
  return *parameter;
}

}  // namespace

Result<void> GrpcRequest::Read(std::string_view message) {
  model = version = id = {};
  timeout = {};
  inputs.clear();
  shapes.clear();
  outputs.clear();
  raw.clear();
  WireReader reader(message);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        model = reader.Text();
        break;
      case 2:
        version = reader.Text();
        break;
      case 3:
        id = reader.Text();
        break;
      case 4: {
        EDGEWISE_ASSIGN(const auto parameter, ReadOfferedParameter(reader.Text()));
        if (parameter.name != "timeout") break;
        if (!parameter.count) return std::unexpected(NotACount(parameter.name));
        const auto most = static_cast<std::uint64_t>(kLongestTimeout.count());
        timeout = std::chrono::microseconds(std::min(*parameter.count, most));
        break;
      }
      case 5:
        EDGEWISE_TRY(ReadInput(reader.Text()));
        break;
      case 6:
        EDGEWISE_TRY(ReadOutput(reader.Text()));
        break;
      case 7:
        if (raw.size() == kMaxTensors) return TooMany("raw_input_contents");
        raw.push_back(reader.Text());
        break;
      default:
        reader.Skip();
    }
  }
  if (!reader.ok()) return Malformed("a field");
  if (!simdjson::validate_utf8(id.data(), id.size())) return Fail(Code::kInvalidArgument, "the request's id is no UTF-8");
  return {};
}

void GrpcRequest::Forget() {
  GiveBack(inputs);
  GiveBack(shapes);
  GiveBack(outputs);
  GiveBack(raw);
}

Result<void> GrpcRequest::ReadInput(std::string_view message) {
  if (inputs.size() == kMaxTensors) return TooMany("inputs");
  Tensor tensor;
  tensor.first_axis = shapes.size();
  WireReader reader(message);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        tensor.name = reader.Text();
        break;
      case 2:
        tensor.datatype = reader.Text();
        break;
      case 3:
        reader.Varints(shapes, tensor.first_axis + kMaxAxes);
        break;
      case 4:
        EDGEWISE_TRY(ReadOfferedParameter(reader.Text()));
        break;
      case 5:
        if (tensor.contents) return Malformed("an input with two contents");
        tensor.contents = reader.Text();
        break;
      default:
        reader.Skip();
    }
  }
  if (!reader.ok()) return Malformed("an input");
  tensor.axes = shapes.size() - tensor.first_axis;
  inputs.push_back(tensor);
  return {};
}

Result<void> GrpcRequest::ReadOutput(std::string_view message) {
  if (outputs.size() == kMaxTensors) return TooMany("outputs");
  std::string_view name;
  WireReader reader(message);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        name = reader.Text();
        break;
      case 2:
        EDGEWISE_TRY(ReadOfferedParameter(reader.Text()));
        break;
      default:
        reader.Skip();
    }
  }
  if (!reader.ok()) return Malformed("an output");
  outputs.push_back(name);
  return {};
}

}  // namespace edgewise::score::detail
