#include "score/detail/infer_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "score/detail/infer_input.h"
#include "score/detail/infer_parameters.h"
#include "score/detail/numbers.h"

namespace edgewise::score::detail {
namespace {

namespace ondemand = simdjson::ondemand;

/// What one large request took is given back after it.
constexpr std::size_t kKeptBytes = 4u << 20;
constexpr std::chrono::microseconds kLongestTimeout = std::chrono::hours(24);

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

struct Parts {
  std::string_view json;
  std::string_view binary;
};

Result<Parts> Split(std::string_view body, std::string_view json_length) {
  if (json_length.empty()) return Parts{body, {}};
  std::size_t length = 0;
  const auto* const text_end = json_length.data() + json_length.size();
  const auto [end, error] = std::from_chars(json_length.data(), text_end, length);
  if (error != std::errc() || end != text_end || length > body.size()) {
    return Invalid(fmt::format("Inference-Header-Content-Length is not the length of the JSON part of a body of {} bytes", body.size()));
  }
  return Parts{body.substr(0, length), body.substr(length)};
}

bool HasNoJsonForm(DataType type) { return type == DataType::kFp16 || type == DataType::kBf16; }

/// One request's members, in any order.
class Reading {
 public:
  Reading(const ModelVersion& version, const Parts& parts, InferRequest& request)
      : version_(version), request_(request), inputs_(version, parts.json.size(), parts.binary, request) {}

  Result<void> ReadMember(std::string_view key, ondemand::value value) {
    if (key == "inputs") return ReadInputs(value);
    if (key == "outputs") return ReadOutputs(value);
    if (key == "parameters") return ReadParameters(value);
    if (key == "id") return ReadId(value);
    return SkipJson(value);
  }

  Result<void> Complete() {
    if (!has_inputs_) return Invalid("\"inputs\" is missing: an array of tensors");
    EDGEWISE_TRY(inputs_.Complete());
    const auto& outputs = version_.signature().outputs;
    if (request_.outputs.empty()) {
      for (std::size_t i = 0; i < outputs.size(); ++i) request_.outputs.push_back({.index = i});
    }
    for (auto& choice : request_.outputs) {
      const auto& output = outputs[choice.index];
      if (!choice.is_said) choice.binary = binary_output_;
      if (choice.binary || !HasNoJsonForm(output.type)) continue;
      return Invalid(
          fmt::format("output \"{}\" is {}, which has no JSON form: ask for it with binary_data", output.name, NameOf(output.type)));
    }
    return {};
  }

 private:
  static Result<void> Once(bool& seen, std::string_view key) {
    if (seen) return Invalid(fmt::format("\"{}\" is there twice", key));
    seen = true;
    return {};
  }

  Result<void> ReadId(ondemand::value value) {
    EDGEWISE_TRY(Once(has_id_, "id"));
    EDGEWISE_ASSIGN(const bool none, IsNull(value));
    if (none) return {};
    std::string_view id;
    if (value.get_string().get(id)) return Invalid("\"id\" must be text");
    request_.id = id;
    return {};
  }

  Result<void> ReadParameters(ondemand::value value) {
    EDGEWISE_TRY(Once(has_parameters_, "parameters"));
    EDGEWISE_ASSIGN(const auto parameters, ReadInferParameters(value));
    binary_output_ = parameters.binary_data_output.value_or(false);
    const auto most = static_cast<std::uint64_t>(kLongestTimeout.count());
    request_.timeout = std::chrono::microseconds(std::min(parameters.timeout.value_or(0), most));
    return {};
  }

  Result<void> ReadInputs(ondemand::value value) {
    EDGEWISE_TRY(Once(has_inputs_, "inputs"));
    ondemand::array inputs;
    if (value.get_array().get(inputs)) return Invalid("\"inputs\" must be an array of tensors");
    for (auto element : inputs) {
      ondemand::object input;
      if (element.get_object().get(input)) return Invalid("an element of \"inputs\" is no object");
      EDGEWISE_TRY(inputs_.Read(input));
    }
    return {};
  }

  Result<void> ReadOutputs(ondemand::value value) {
    EDGEWISE_TRY(Once(has_outputs_, "outputs"));
    EDGEWISE_ASSIGN(const bool none, IsNull(value));
    if (none) return {};
    ondemand::array outputs;
    if (value.get_array().get(outputs)) return Invalid("\"outputs\" must be an array of objects with a \"name\"");
    for (auto element : outputs) {
      ondemand::object output;
      if (element.get_object().get(output)) return Invalid("an element of \"outputs\" is no object");
      EDGEWISE_TRY(ReadOutput(output));
    }
    return {};
  }

  Result<void> ReadOutput(ondemand::object output) {
    std::optional<std::size_t> index;
    bool has_parameters = false;
    InferParameters parameters;
    const auto take = [&](std::string_view key, ondemand::value value) -> Result<void> {
      if (key == "name") {
        if (index) return Invalid("an output has \"name\" twice");
        EDGEWISE_ASSIGN(index, FindOutput(value));
        return {};
      }
      if (key != "parameters") return SkipJson(value);
      EDGEWISE_TRY(Once(has_parameters, key));
      EDGEWISE_ASSIGN(parameters, ReadInferParameters(value));
      return {};
    };
    EDGEWISE_TRY(ForEachMember(output, take));
    if (!index) return Invalid("an output has no \"name\"");
    request_.outputs.push_back(
        {.index = *index, .binary = parameters.binary_data.value_or(false), .is_said = parameters.binary_data.has_value()});
    return {};
  }

  Result<std::size_t> FindOutput(ondemand::value value) {
    std::string_view name;
    if (value.get_string().get(name)) return Invalid("an output's \"name\" must be text");
    const auto& outputs = version_.signature().outputs;
    const auto found = std::ranges::find(outputs, name, &TensorInfo::name);
    if (found == outputs.end())
      return Invalid(fmt::format("no output is called {}; GET /v2/models/{} lists them", Quoted(name), version_.model()));
    const auto index = static_cast<std::size_t>(found - outputs.begin());
    if (std::ranges::find(request_.outputs, index, &OutputChoice::index) != request_.outputs.end()) {
      return Invalid(fmt::format("output \"{}\" is asked for twice", name));
    }
    return index;
  }

  const ModelVersion& version_;
  InferRequest& request_;
  InputReader inputs_;
  bool has_id_ = false, has_parameters_ = false, has_inputs_ = false, has_outputs_ = false;
  bool binary_output_ = false;  // for outputs that do not say
};

Result<void> ReadDocument(ondemand::document& document, Reading& reading) {
  ondemand::object root;
  if (const auto error = document.get_object().get(root)) {
    if (error == simdjson::INCORRECT_TYPE) return Invalid("the request must be a JSON object with \"inputs\"");
    return std::unexpected(NotJson(error));
  }
  EDGEWISE_TRY(ForEachMember(root, [&](std::string_view key, ondemand::value value) { return reading.ReadMember(key, value); }));
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return Invalid("the request is not JSON: something follows its end");
  return reading.Complete();
}

}  // namespace

Result<void> InferReader::Read(std::string_view body, std::string_view json_length, const ModelVersion& version, InferRequest& request) {
  const auto read = [&]() -> Result<void> {
    EDGEWISE_ASSIGN(const auto parts, Split(body, json_length));
    request.Clear(version.signature());
    json_.reserve(parts.json.size() + simdjson::SIMDJSON_PADDING);
    json_.assign(parts.json);
    ondemand::document document;
    if (const auto error = parser_.iterate(json_.data(), json_.size(), json_.capacity()).get(document))
      return std::unexpected(NotJson(error));
    Reading reading(version, parts, request);
    return ReadDocument(document, reading);
  };
  auto result = read();
  if (!result) result.error().message = fmt::format("model \"{}\": {}", version.model(), result.error().message);
  if (json_.capacity() > kKeptBytes) {
    std::string().swap(json_);  // "= {}" would keep it
    parser_ = ondemand::parser();
  }
  return result;
}

}  // namespace edgewise::score::detail
