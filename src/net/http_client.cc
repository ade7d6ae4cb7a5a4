#include "net/detail/socket.h"
// After socket.h, which makes Boost 1.74 compile.
#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
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

  Address address;
  boost::asio::io_context context{1};
  detail::Socket socket{context};
  boost::beast::flat_buffer buffer;
};

HttpClient::HttpClient(Address address) : state_(std::make_unique<State>(std::move(address))) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<void> HttpClient::State::Write(const std::string& bytes, Deadline deadline) {
  bool done = false;
  boost::system::error_code failure;
  boost::asio::async_write(socket, boost::asio::buffer(bytes), [&](boost::system::error_code error, std::size_t) {
    failure = error;
    done = true;
  });
  EDGEWISE_TRY(RunUntil(context, socket, done, deadline, address.text));
  if (failure) return Fail(Code::kUnavailable, fmt::format("{}: connection lost while sending: {}", address.text, failure.message()));
  return {};
}

Result<HttpResponse> HttpClient::State::Exchange(const std::string& bytes, bool head, Deadline deadline) {
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
  if (failure) return Fail(Code::kUnavailable, fmt::format("{}: connection lost before the answer: {}", address.text, failure.message()));
  boost::system::error_code ignored;
  if (!parser.get().keep_alive()) socket.close(ignored);
  return detail::FromBeast(parser.release());
}

Result<HttpResponse> HttpClient::Send(const HttpRequest& request, Deadline deadline) {
  const auto bytes = detail::Serialise(request, state_->address.text);
  for (bool kept = state_->socket.is_open();; kept = false) {
    if (!kept) {
      boost::system::error_code ignored;
      state_->socket.close(ignored);
      state_->buffer.clear();
      EDGEWISE_TRY(detail::Connect(state_->context, state_->socket, state_->address, deadline));
    }
    auto answer = state_->Exchange(bytes, request.method == "HEAD", deadline);
    if (answer) return answer;
    boost::system::error_code ignored;
    state_->socket.close(ignored);
    if (!kept || answer.error().code != Code::kUnavailable) return answer;
  }
}

}  // namespace edgewise::net
