#include "net/detail/message.h"

#include <fmt/format.h>

#include <iterator>

namespace edgewise::net::detail {
namespace {

/// A header that would smuggle a second one in is dropped.
bool Clean(std::string_view text) { return text.find_first_of("\r\n") == std::string_view::npos; }

void AppendHeaders(std::string& out, const std::vector<Header>& headers) {
  for (const auto& header : headers) {
    if (Clean(header.name) && Clean(header.value)) fmt::format_to(std::back_inserter(out), "{}: {}\r\n", header.name, header.value);
  }
}

template <class Fields>
std::vector<Header> HeadersOf(const Fields& fields) {
  std::vector<Header> headers;
  for (const auto& field : fields) headers.push_back({std::string(field.name_string()), std::string(field.value())});
  return headers;
}

}  // namespace

std::string Serialise(const HttpRequest& request, std::string_view host) {
  if (host.starts_with("unix:")) host = "localhost";
  auto out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, host);
  AppendHeaders(out, request.headers);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request.body.size());
  }
  out += "\r\n";
  out += request.body;
  return out;
}

HttpResponse FromBeast(boost::beast::http::response<boost::beast::http::string_body> message) {
  HttpResponse response;
  response.status = static_cast<int>(message.result_int());
  response.headers = HeadersOf(message.base());
  response.body = std::move(message.body());
  return response;
}

}  // namespace edgewise::net::detail
