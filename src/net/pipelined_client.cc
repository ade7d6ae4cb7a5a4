#include "net/detail/socket.h"
// After socket.h, which makes Boost 1.74 compile.
#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "net/detail/message.h"
#include "net/http.h"

namespace edgewise::net {
namespace http = boost::beast::http;

struct PipelinedClient::State {
  State(Address where, std::size_t most_open, OnResponse callback)
      : address(std::move(where)), window(most_open), on_response(std::move(callback)) {}

  Result<void> Ready(Deadline deadline);
  void StartWrite();
  void StartRead();
  std::uint64_t open() const { return sent - answered; }
  Result<void> WaitUntilOpenBelow(std::uint64_t limit, Deadline deadline);

  Address address;
  std::size_t window;
  OnResponse on_response;
  boost::asio::io_context context{1};
  detail::Socket socket{context};
  boost::beast::flat_buffer buffer;
  std::optional<http::response_parser<http::string_body>> parser;
  std::string pending;  // bytes of requests that are not being written yet
  std::string writing;
  bool is_writing = false;
  bool is_reading = false;
  bool started = false;
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::optional<Error> failure;
};

PipelinedClient::PipelinedClient(Address address, std::size_t window, OnResponse on_response)
    : state_(std::make_unique<State>(std::move(address), std::max<std::size_t>(window, 1), std::move(on_response))) {}
PipelinedClient::~PipelinedClient() = default;

Result<void> PipelinedClient::State::Ready(Deadline deadline) {
  if (failure) return std::unexpected(*failure);
  if (started) return {};
  EDGEWISE_TRY(detail::Connect(context, socket, address, deadline));
  started = true;
  return {};
}

void PipelinedClient::State::StartWrite() {
  if (is_writing || pending.empty() || failure) return;
  is_writing = true;
  writing.clear();
  writing.swap(pending);
  boost::asio::async_write(socket, boost::asio::buffer(writing), [this](boost::system::error_code error, std::size_t) {
    is_writing = false;
    if (error) failure = Error{Code::kUnavailable, fmt::format("{}: connection lost while sending: {}", address.text, error.message())};
    StartWrite();
  });
}

void PipelinedClient::State::StartRead() {
  if (is_reading || open() == 0 || failure) return;
  is_reading = true;
  parser.emplace();
  parser->body_limit(detail::kLargestAnswer);
  http::async_read(socket, buffer, *parser, [this](boost::system::error_code error, std::size_t) {
    is_reading = false;
    if (error) {
      if (!failure)
        failure =
            Error{Code::kUnavailable, fmt::format("{}: connection lost with {} answers due: {}", address.text, open(), error.message())};
      return;
    }
    const auto index = answered++;
    on_response(index, detail::FromBeast(parser->release()));
    StartRead();
  });
}

Result<void> PipelinedClient::State::WaitUntilOpenBelow(std::uint64_t limit, Deadline deadline) {
  while (open() >= limit && !failure) {
    StartWrite();
    StartRead();
    context.restart();
    if (context.run_one_for(deadline.Left()) > 0) continue;
    boost::system::error_code ignored;
    socket.close(ignored);
    failure = Error{Code::kDeadlineExceeded, fmt::format("{}: {} answers did not come in time", address.text, open())};
    context.restart();
    context.run();
  }
  if (failure) return std::unexpected(*failure);
  return {};
}

Result<void> PipelinedClient::Send(const HttpRequest& request, Deadline deadline) {
  EDGEWISE_TRY(state_->Ready(deadline));
  EDGEWISE_TRY(state_->WaitUntilOpenBelow(state_->window, deadline));
  state_->pending += detail::Serialise(request, state_->address.text);
  ++state_->sent;
  state_->StartWrite();
  state_->StartRead();
  state_->context.restart();
  state_->context.poll();
  return {};
}

Result<void> PipelinedClient::Flush(Deadline deadline) {
  EDGEWISE_TRY(state_->Ready(deadline));
  return state_->WaitUntilOpenBelow(1, deadline);
}

}  // namespace edgewise::net
