#include "client.h"

#include <fmt/format.h>

#include "net/http.h"

namespace edgewise {

Result<nlohmann::json> GetJson(const std::string& address, const std::string& target) {
  net::HttpClient client(net::Address{address});
  EDGEWISE_ASSIGN(const auto answer,
                  client.Send({.method = "GET", .target = target, .headers = {}, .body = {}}, Deadline::After(std::chrono::seconds(30))));
  if (answer.status != 200) return Fail(net::CodeOf(answer.status), fmt::format("{}{}: {}", address, target, answer.body));
  auto read = nlohmann::json::parse(answer.body, nullptr, false);
  if (!read.is_object())
    return Fail(Code::kUnavailable, fmt::format("{}{}: the answer is no JSON object; is this an Edgewise hub or site?", address, target));
  return read;
}

}  // namespace edgewise
