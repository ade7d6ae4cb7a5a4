#include "net/detail/message.h"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
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

void Serialise(const HttpResponse& response, bool keep_alive, bool head, std::string& out) {
  const auto status = static_cast<unsigned>(response.status);
  const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", status, std::string_view(reason.data(), reason.size()));
  AppendHeaders(out, response.headers);
  const bool bodiless = status == 204 || status == 304;
  if (!bodiless && !(head && !response.header("Content-Length").empty())) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
  }
  out += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  if (!head && !bodiless) out += response.body;
}

HttpResponse FromBeast(boost::beast::http::response<boost::beast::http::string_body> message) {
  HttpResponse response;
  response.status = static_cast<int>(message.result_int());
  response.headers = HeadersOf(message.base());
  response.body = std::move(message.body());
  return response;
}

HttpRequest FromBeast(boost::beast::http::request<boost::beast::http::string_body> message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.headers = HeadersOf(message.base());
  request.body = std::move(message.body());
  return request;
}

}  // namespace edgewise::net::detail
