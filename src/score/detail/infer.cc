#include "score/detail/infer.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

#include "score/detail/numbers.h"

namespace edgewise::score::detail {
namespace {

namespace dom = simdjson::dom;
static_assert(std::endian::native == std::endian::little, "binary tensors are little-endian and are copied as they are");

constexpr int kDeepestArray = 2;  // a table, row by row

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

struct Parts {
  std::string_view json;
  std::string_view binary;
};

Result<Parts> Split(const net::HttpRequest& request) {
  const std::string_view body = request.body;
  const auto header = request.header("Inference-Header-Content-Length");
  if (header.empty()) return Parts{body, {}};
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), length);
  if (error != std::errc() || end != header.data() + header.size() || length > body.size()) {
    return Invalid(fmt::format("Inference-Header-Content-Length is not the length of the JSON part of a body of {} bytes", body.size()));
  }
  return Parts{body.substr(0, length), body.substr(length)};
}

/// A member that may be missing: false if it is there with another type.
template <class T>
bool Optional(const dom::object& object, std::string_view key, std::optional<T>& value) {
  dom::element element;
  if (object[key].get(element) != simdjson::SUCCESS) return true;
  T read{};
  if (element.get(read) != simdjson::SUCCESS) return false;
  value = read;
  return true;
}

Result<bool> BoolParameter(const dom::object& object, std::string_view name) {
  std::optional<dom::object> parameters;
  std::optional<bool> value;
  if (!Optional(object, "parameters", parameters)) return Invalid("\"parameters\" must be an object");
  if (parameters && !Optional(*parameters, name, value)) return Invalid(fmt::format("parameter \"{}\" must be true or false", name));
  return value.value_or(false);
}

Result<std::size_t> ReadShape(const dom::object& input, const ServedModel& model) {
  dom::array shape;
  if (input["shape"].get(shape) != simdjson::SUCCESS) return Invalid("input \"features\" has no \"shape\"");
  std::vector<std::int64_t> axes;
  for (const auto element : shape) {
    std::int64_t axis = 0;
    if (axes.size() == 2 || element.get(axis) != simdjson::SUCCESS) axis = -1;
    axes.push_back(axis);
    if (axes.size() > 2) break;
  }
  if (axes.size() != 2 || axes[0] < 1 || axes[1] != static_cast<std::int64_t>(model.width())) {
    return Invalid(fmt::format("model \"{}\": input \"features\" has shape [{}], expected [rows, {}]", model.name, fmt::join(axes, ","),
                               model.width()));
  }
  if (static_cast<std::uint64_t>(axes[0]) > model.engine->max_rows()) {
    return Invalid(fmt::format("{} rows in one request, at most {}: send fewer", axes[0], model.engine->max_rows()));
  }
  return static_cast<std::size_t>(axes[0]);
}

/// Flat or nested row by row; what is nested otherwise has the wrong count.
Result<void> ReadData(const dom::array& data, int depth, std::size_t limit, std::vector<float>& rows) {
  for (const auto element : data) {
    dom::array inner;
    if (depth < kDeepestArray && element.get(inner) == simdjson::SUCCESS) {
      EDGEWISE_TRY(ReadData(inner, depth + 1, limit, rows));
      continue;
    }
    const auto value = ToFloat(element);
    if (!value) return Invalid("input \"features\": \"data\" holds something that is no FP32 number");
    if (rows.size() == limit) return Invalid(fmt::format("input \"features\": \"data\" has more than the {} values of its shape", limit));
    rows.push_back(*value);
  }
  return {};
}

Result<void> ReadBinary(std::uint64_t size, std::string_view binary, std::size_t values, std::vector<float>& rows) {
  if (size != values * sizeof(float) || size != binary.size()) {
    return Invalid(fmt::format("input \"features\": binary_data_size is {}, its shape needs {} bytes and {} follow the JSON", size,
                               values * sizeof(float), binary.size()));
  }
  rows.resize(values);
  std::memcpy(rows.data(), binary.data(), binary.size());
  return {};
}

Result<void> ReadInput(const dom::object& input, std::string_view binary, const ServedModel& model, InferRequest& request) {
  std::string_view name;
  std::string_view datatype;
  if (input["name"].get(name) != simdjson::SUCCESS || name != kInputName) {
    return Invalid(fmt::format("model \"{}\" has one input, \"{}\"", model.name, kInputName));
  }
  if (input["datatype"].get(datatype) != simdjson::SUCCESS || datatype != "FP32") {
    return Invalid(fmt::format("model \"{}\": input \"{}\" must have datatype FP32", model.name, kInputName));
  }
  EDGEWISE_ASSIGN(const std::size_t count, ReadShape(input, model));
  const std::size_t values = count * model.width();
  std::optional<dom::object> parameters;
  std::optional<std::uint64_t> size;
  if (!Optional(input, "parameters", parameters) || (parameters && !Optional(*parameters, "binary_data_size", size))) {
    return Invalid("input \"features\": \"parameters\" must be an object, and binary_data_size a number of bytes");
  }
  if (size) return ReadBinary(*size, binary, values, request.rows);
  dom::array data;
  if (input["data"].get(data) != simdjson::SUCCESS) return Invalid("input \"features\" has neither \"data\" nor \"binary_data_size\"");
  if (!binary.empty()) return Invalid("bytes follow the JSON that no input claims");
  EDGEWISE_TRY(ReadData(data, 1, values, request.rows));
  if (request.rows.size() != values) {
    return Invalid(fmt::format("input \"features\": \"data\" has {} values, its shape needs {}", request.rows.size(), values));
  }
  return {};
}

Result<void> ReadOutputs(const dom::object& document, const ServedModel& model, InferRequest& request) {
  EDGEWISE_ASSIGN(request.binary_output, BoolParameter(document, "binary_data_output"));
  std::optional<dom::array> outputs;
  if (!Optional(document, "outputs", outputs)) return Invalid("\"outputs\" must be an array");
  if (!outputs) return {};
  for (const auto element : *outputs) {
    dom::object output;
    std::string_view name;
    if (element.get(output) != simdjson::SUCCESS || output["name"].get(name) != simdjson::SUCCESS || name != kOutputName) {
      return Invalid(fmt::format("model \"{}\" has one output, \"{}\"", model.name, kOutputName));
    }
    dom::element parameters;
    if (output["parameters"]["binary_data"].get(parameters) != simdjson::SUCCESS) continue;
    EDGEWISE_ASSIGN(request.binary_output, BoolParameter(output, "binary_data"));
  }
  return {};
}

}  // namespace

Result<InferRequest> ReadInfer(const net::HttpRequest& request, const ServedModel& model, dom::parser& parser) {
  EDGEWISE_ASSIGN(const auto parts, Split(request));
  dom::element root;
  dom::object document;
  if (const auto error = parser.parse(parts.json.data(), parts.json.size()).get(root)) {
    return Invalid(fmt::format("the request is not JSON: {}", simdjson::error_message(error)));
  }
  if (root.get(document) != simdjson::SUCCESS) return Invalid("the request must be a JSON object with \"inputs\"");
  InferRequest read;
  std::optional<std::string_view> id;
  if (!Optional(document, "id", id)) return Invalid("\"id\" must be a string");
  read.id = id.value_or("");
  dom::array inputs;
  dom::object input;
  if (document["inputs"].get(inputs) != simdjson::SUCCESS || inputs.size() != 1 || inputs.at(0).get(input) != simdjson::SUCCESS) {
    return Invalid(fmt::format("model \"{}\": \"inputs\" must be an array of one tensor, \"{}\"", model.name, kInputName));
  }
  EDGEWISE_TRY(ReadOutputs(document, model, read));
  EDGEWISE_TRY(ReadInput(input, parts.binary, model, read));
  return read;
}

net::HttpResponse WriteInfer(const InferRequest& request, const ServedModel& model, std::span<const float> scores) {
  const std::size_t classes = model.engine->classes();
  std::string body = R"({"model_name":)";
  AppendText(body, model.name);
  body += R"(,"model_version":)";
  AppendText(body, model.version);
  if (!request.id.empty()) {
    body += R"(,"id":)";
    AppendText(body, request.id);
  }
  body += fmt::format(R"(,"outputs":[{{"name":"{}","datatype":"FP32","shape":[{},{}])", kOutputName, scores.size() / classes, classes);
  if (!request.binary_output) {
    body += R"(,"data":[)";
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (i != 0) body += ',';
      AppendFloat(body, scores[i]);
    }
    return net::HttpResponse::Json(200, body + "]}]}");
  }
  body += fmt::format(R"(,"parameters":{{"binary_data_size":{}}}}}]}})", scores.size_bytes());
  net::HttpResponse response{
      200, {{"Content-Type", "application/octet-stream"}, {"Inference-Header-Content-Length", std::to_string(body.size())}}, {}};
  body.append(reinterpret_cast<const char*>(scores.data()), scores.size_bytes());
  response.body = std::move(body);
  return response;
}

}  // namespace edgewise::score::detail
