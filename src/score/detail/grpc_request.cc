#include "score/detail/grpc_request.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "score/detail/kept_bytes.h"
#include "score/detail/wire.h"

namespace edgewise::score::detail {
namespace {

struct Parameter {
  std::string_view name;
  std::int64_t number = 0;  ///< Of int64_param and uint64_param.
};

Result<void> Malformed(std::string_view what) {
  return Fail(Code::kInvalidArgument,
              fmt::format("the request is no ModelInferRequest: {} cannot be read; send what open_inference.proto says", what));
}

Result<void> TooMany(std::string_view what) {
  return Fail(Code::kInvalidArgument, fmt::format("the request has more than {} {}", GrpcRequest::kMaxTensors, what));
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
        if (value.field() == 2 || value.field() == 5) {
          parameter.number = static_cast<std::int64_t>(value.Varint());
        } else {
          value.Skip();
        }
      }
      if (!value.ok()) return std::nullopt;
    } else {
      reader.Skip();
    }
  }
  if (!reader.ok()) return std::nullopt;
  return parameter;
}

/// Parameters of a tensor that would change what its answer means, and that this server does not offer.
Result<void> RefuseParameter(std::string_view entry, std::string_view what) {
  const auto parameter = ReadParameter(entry);
  if (!parameter) return Malformed("a tensor's parameter");
  for (const std::string_view name : {"shared_memory_region", "classification"}) {
    if (parameter->name != name) continue;
    return Fail(Code::kInvalidArgument, fmt::format("parameter \"{}\" of an {} is not offered by this server: leave it out", name, what));
  }
  return {};
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
        const auto parameter = ReadParameter(reader.Text());
        if (!parameter) return Malformed("a parameter");
        if (parameter->name == "timeout" && parameter->number > 0) timeout = std::chrono::microseconds(parameter->number);
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
        EDGEWISE_TRY(RefuseParameter(reader.Text(), "input"));
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
        EDGEWISE_TRY(RefuseParameter(reader.Text(), "output"));
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
