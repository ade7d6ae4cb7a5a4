#include "client.h"

#include <fmt/format.h>

#include "net/http.h"

namespace edgewise {

std::string NotAHub(const std::string& address) {
  net::HttpClient client(net::Address{address});
  const auto has = [&](const char* target) {
    const auto answer =
        client.Send({.method = "GET", .target = target, .headers = {}, .body = {}}, Deadline::After(std::chrono::seconds(5)));
    return answer && answer->status == 200;
  };
  const auto* station = has("/v2/") ? "a registry" : has("/status") && has("/streams") ? "a site" : "";
  if (*station == '\0') return "";
  return fmt::format("{} is {}, not a hub; give --hub the address that edgewise up prints behind \"hub\"", address, station);
}

Result<nlohmann::json> GetJson(const std::string& address, const std::string& target) {
  net::HttpClient client(net::Address{address});
  EDGEWISE_ASSIGN(const auto answer,
                  client.Send({.method = "GET", .target = target, .headers = {}, .body = {}}, Deadline::After(std::chrono::seconds(30))));
  if (const auto why = answer.status == 404 ? NotAHub(address) : ""; !why.empty()) return Fail(Code::kNotFound, why);
  if (answer.status != 200) return Fail(net::CodeOf(answer.status), fmt::format("{}{}: {}", address, target, answer.body));
  auto read = nlohmann::json::parse(answer.body, nullptr, false);
  if (!read.is_object())
    return Fail(Code::kUnavailable, fmt::format("{}{}: the answer is no JSON object; is this an Edgewise hub or site?", address, target));
  return read;
}

}  // namespace edgewise
