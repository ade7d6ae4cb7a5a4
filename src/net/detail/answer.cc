#include "net/detail/answer.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <charconv>

#include "net/detail/connection.h"

namespace edgewise::net::detail {
namespace {

constexpr std::size_t kLargestKept = 1u << 20;  // what a thread keeps for its next answer

void AppendNumber(std::string& out, std::size_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void AppendStatus(std::string& out, int status) {
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  AppendNumber(out, static_cast<std::size_t>(status));
  const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  out.append(" ").append(reason.data(), reason.size()) += "\r\n";
}

void AppendEnd(std::string& out, AnswerForm form, int status, bool says_length, std::string_view body) {
  const bool bodiless = status == 204 || status == 304;
  if (!bodiless && !says_length) {
    out += "Content-Length: ";
    AppendNumber(out, body.size());
    out += "\r\n";
  }
  if (!form.keep_alive) out += "Connection: close\r\n";
  if (form.keep_alive && form.is_version_1_0) out += "Connection: keep-alive\r\n";
  out += "\r\n";
  if (!form.head && !bodiless) out += body;
}

/// A loop, because find_first_of() calls a function for each character.
bool IsClean(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool Is(std::string_view name, std::string_view wanted) {
  return boost::beast::iequals({name.data(), name.size()}, {wanted.data(), wanted.size()});
}

}  // namespace

void AppendHeaderLine(std::string& out, std::string_view name, std::string_view value) {
  if (!IsClean(name) || !IsClean(value)) return;
  out.append(name).append(": ").append(value) += "\r\n";
}

void AppendAnswer(std::string& out, AnswerForm form, int status, std::string_view content_type, std::string_view lines,
                  std::string_view body) {
  AppendStatus(out, status);
  if (!content_type.empty()) AppendHeaderLine(out, "Content-Type", content_type);
  out += lines;
  AppendEnd(out, form, status, false, body);
}

/// A handler of HEAD may say the length of a body that it did not make.
void AppendAnswer(std::string& out, AnswerForm form, const HttpResponse& response) {
  AppendStatus(out, response.status);
  bool says_length = false;
  for (const auto& header : response.headers) {
    const bool is_length = Is(header.name, "Content-Length");
    if (is_length && !form.head) continue;
    says_length = says_length || is_length;
    AppendHeaderLine(out, header.name, header.value);
  }
  AppendEnd(out, form, response.status, says_length, response.body);
}

void Answer::Begin(Connection& connection) {
  connection_ = &connection;
  state_ = State::kOpen;
  if (body_.capacity() > kLargestKept) std::string().swap(body_);  // "= {}" would keep it
  body_.clear();
  lines_.clear();
}

void Answer::AddHeader(std::string_view name, std::string_view value) {
  if (Is(name, "Content-Length") || Is(name, "Connection")) return;
  AppendHeaderLine(lines_, name, value);
}

void Answer::Send(int status, std::string_view content_type) {
  if (state_ != State::kOpen) return;
  state_ = State::kSent;
  connection_->Send(status, content_type, lines_, body_);
}

Responder Answer::Later() {
  if (state_ != State::kOpen) return [](const HttpResponse&) {};
  state_ = State::kLater;
  return connection_->Later();
}

}  // namespace edgewise::net::detail
