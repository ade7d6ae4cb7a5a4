#include "score/scorer_client.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>

#include "net/http.h"

namespace edgewise::score {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using nlohmann::json;

struct Shape {
  std::size_t width = 0;
  std::size_t classes = 0;
  std::size_t max_rows = 0;
  std::string input;
};

/// The error a scorer answered, with the code that its status stands for or, better, that its body names.
Error ErrorOf(const HttpResponse& response) {
  const auto document = json::parse(response.body, nullptr, false);
  auto text = document.is_object() ? document.value("error", json()) : json();
  return {net::CodeOf(response.status), text.is_string() ? text.get<std::string>() : fmt::format("HTTP status {}", response.status)};
}

std::size_t PositiveNumber(const json& value) { return value.is_number_unsigned() ? value.get<std::size_t>() : 0; }

Result<Shape> ReadShape(const HttpResponse& response) {
  if (response.status != 200) return std::unexpected(ErrorOf(response));
  const auto document = json::parse(response.body, nullptr, false);
  const auto at = [&](const char* pointer) {
    const json::json_pointer path(pointer);
    return document.contains(path) ? document[path] : json();
  };
  const auto name = at("/inputs/0/name");
  const Shape shape{PositiveNumber(at("/inputs/0/shape/1")), PositiveNumber(at("/outputs/0/shape/1")), PositiveNumber(at("/max_rows")),
                    name.is_string() ? name.get<std::string>() : ""};
  if (shape.width == 0 || shape.classes == 0 || shape.max_rows == 0 || shape.input.empty()) {
    return Fail(Code::kUnimplemented, "the scorer describes its model in a way that this site does not know");
  }
  return shape;
}

class RemoteEngine final : public Engine {
 public:
  RemoteEngine(net::HttpClient client, Shape shape, std::string target)
      : client_(std::move(client)), shape_(std::move(shape)), target_(std::move(target)) {}

  std::size_t width() const override { return shape_.width; }
  std::size_t classes() const override { return shape_.classes; }
  std::size_t max_rows() const override { return shape_.max_rows; }

  Result<std::vector<float>> Score(std::span<const float> rows, Deadline deadline) const override {
    EDGEWISE_ASSIGN(const std::size_t count, CountRows(*this, rows.size()));
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, "no time left to score");
    const auto request = Write(rows, count);
    const std::lock_guard lock(mutex_);
    EDGEWISE_ASSIGN(const auto response, client_.Send(request, deadline));
    if (response.status != 200) return std::unexpected(ErrorOf(response));
    return Read(response, count);
  }

 private:
  HttpRequest Write(std::span<const float> rows, std::size_t count) const {
    HttpRequest request{"POST", target_, {}, {}};
    request.body = fmt::format(R"({{"parameters":{{"binary_data_output":true}},"inputs":[{{"name":"{}","datatype":"FP32",)"
                               R"("shape":[{},{}],"parameters":{{"binary_data_size":{}}}}}]}})",
                               shape_.input, count, shape_.width, rows.size_bytes());
    request.headers = {{"Content-Type", "application/octet-stream"},
                       {"Inference-Header-Content-Length", std::to_string(request.body.size())}};
    request.body.append(reinterpret_cast<const char*>(rows.data()), rows.size_bytes());
    return request;
  }

  Result<std::vector<float>> Read(const HttpResponse& response, std::size_t count) const {
    const auto header = response.header("Inference-Header-Content-Length");
    std::size_t length = 0;
    std::from_chars(header.data(), header.data() + header.size(), length);
    std::vector<float> scores(count * shape_.classes);
    const std::size_t bytes = scores.size() * sizeof(float);
    if (length == 0 || length > response.body.size() || response.body.size() - length != bytes) {
      return Fail(Code::kInternal, "the scorer answered another number of scores than there are rows");
    }
    std::memcpy(scores.data(), response.body.data() + length, bytes);
    return scores;
  }

  mutable std::mutex mutex_;  // one connection: requests go one after the other
  mutable net::HttpClient client_;
  Shape shape_;
  std::string target_;
};

}  // namespace

Result<std::unique_ptr<Engine>> ConnectScorer(const std::filesystem::path& socket, std::string model, Deadline deadline) {
  net::HttpClient client({"unix:" + socket.string()});
  HttpRequest request;
  request.target = "/v2/models/" + model;
  EDGEWISE_ASSIGN(const auto response, client.Send(request, deadline));
  EDGEWISE_ASSIGN(auto shape, ReadShape(response));
  return std::make_unique<RemoteEngine>(std::move(client), std::move(shape), request.target + "/infer");
}

}  // namespace edgewise::score
