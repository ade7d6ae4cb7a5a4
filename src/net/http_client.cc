#include "net/detail/socket.h"
// After socket.h, which makes Boost 1.74 compile.
#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <optional>

#include "net/detail/message.h"
#include "net/http.h"

namespace edgewise::net {
namespace http = boost::beast::http;
using detail::RunUntil;

struct HttpClient::State {
  explicit State(Address where) : address(std::move(where)) {}
  Result<HttpResponse> Exchange(const std::string& bytes, bool head, Deadline deadline);
  Result<void> Write(const std::string& bytes, Deadline deadline);
  bool KeptOpen();
  void Close();

  Address address;
  boost::asio::io_context context{1};
  detail::Socket socket{context};
  boost::beast::flat_buffer buffer;
  bool sent = false;      // a byte of the present request
  bool answered = false;  // a byte of its answer came
};

namespace {

/// RFC 9110, 9.2.2: done twice is as done once. Anything else may not be sent again when the server may have seen it.
bool MayRepeat(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
}

std::unexpected<Error> NoDescriptors() {
  return Fail(Code::kResourceExhausted, "no file descriptor is left for a connection; raise the limit (ulimit -n)");
}

}  // namespace

HttpClient::HttpClient(Address address) : address_(std::move(address)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

void HttpClient::State::Close() {
  boost::system::error_code ignored;
  socket.close(ignored);
  buffer.clear();
}

/// Nothing may lie in a kept connection between two requests: an end or a byte means that the server has given it up.
bool HttpClient::State::KeptOpen() {
  if (!socket.is_open()) return false;
  char byte = 0;
  const auto got = recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && buffer.size() == 0;
}

Result<void> HttpClient::State::Write(const std::string& bytes, Deadline deadline) {
  bool done = false;
  boost::system::error_code failure;
  boost::asio::async_write(socket, boost::asio::buffer(bytes), [&](boost::system::error_code error, std::size_t size) {
    failure = error;
    sent = size > 0;
    done = true;
  });
  EDGEWISE_TRY(RunUntil(context, socket, done, deadline, address.text));
  if (failure) return Fail(Code::kUnavailable, fmt::format("{}: connection lost while sending: {}", address.text, failure.message()));
  return {};
}

Result<HttpResponse> HttpClient::State::Exchange(const std::string& bytes, bool head, Deadline deadline) {
  answered = false;
  sent = true;
  EDGEWISE_TRY(Write(bytes, deadline));
  http::response_parser<http::string_body> parser;
  parser.body_limit(detail::kLargestAnswer);
  parser.skip(head);
  bool done = false;
  boost::system::error_code failure;
  http::async_read(socket, buffer, parser, [&](boost::system::error_code error, std::size_t) {
    failure = error;
    done = true;
  });
  EDGEWISE_TRY(RunUntil(context, socket, done, deadline, address.text));
  answered = parser.got_some();
  if (failure) return Fail(Code::kUnavailable, fmt::format("{}: connection lost before the answer: {}", address.text, failure.message()));
  boost::system::error_code ignored;
  if (!parser.get().keep_alive()) socket.close(ignored);
  return detail::FromBeast(parser.release());
}

Result<HttpResponse> HttpClient::Send(const HttpRequest& request, Deadline deadline) {
  if (!state_) {
    try {
      state_ = std::make_unique<State>(address_);
    } catch (const std::exception&) {  // the library's only way to say it
      return NoDescriptors();
    }
  }
  const auto bytes = detail::Serialise(request, state_->address.text);
  for (bool kept = state_->KeptOpen();; kept = false) {
    if (!kept) {
      state_->Close();
      EDGEWISE_TRY(detail::Connect(state_->context, state_->socket, state_->address, deadline));
    }
    auto answer = state_->Exchange(bytes, request.method == "HEAD", deadline);
    if (answer) return answer;
    state_->Close();
    const bool undone = !state_->sent || (!state_->answered && MayRepeat(request.method));
    if (!kept || !undone || answer.error().code != Code::kUnavailable) return answer;
  }
}

}  // namespace edgewise::net
