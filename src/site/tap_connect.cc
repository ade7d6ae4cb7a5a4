// The part of TapSession that finds the application, or says that it is not there.
#include <fmt/format.h>

#include "net/http.h"
#include "site/tap_session.h"
// After the session, which makes Boost 1.74 compile.
#include <boost/asio/write.hpp>

namespace edgewise::site {
namespace asio = boost::asio;
using Error = boost::system::error_code;

void TapSession::Connect(std::size_t first_bytes) {
  const auto late = std::make_shared<asio::steady_timer>(client_.get_executor(), shared_.options.connect);  // shared by the two handlers
  late->async_wait([self = shared_from_this()](Error error) {
    Error ignored;
    if (!error) self->upstream_.close(ignored);
  });
  upstream_.async_connect(shared_.upstream, [self = shared_from_this(), late, first_bytes](Error error) {
    late->cancel();
    if (self->closed()) return;
    if (error) return self->SayAbsent(error == asio::error::operation_aborted ? "it does not answer in time" : error.message());
    Error ignored;
    self->upstream_.set_option(asio::ip::tcp::no_delay(true), ignored);
    self->connected_ = true;
    self->ReadDown();
    self->PassUp(first_bytes);
  });
}

void TapSession::SayAbsent(const std::string& why) {
  shared_.counters.absent.Increment();
  idle_.expires_after(shared_.options.connect);  // what still comes is of no use
  idle_.async_wait([self = shared_from_this()](Error error) {
    if (!error) self->Close();
  });
  const auto body = net::HttpResponse::FromError(
                        {Code::kUnavailable, fmt::format("tap \"{}\": the application at {} cannot be reached: {}; is it running?",
                                                         shared_.options.name, shared_.options.upstream, why)})
                        .body;
  out_ = fmt::format("HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                     body.size(), body);
  asio::async_write(client_, asio::buffer(out_), [self = shared_from_this()](Error, std::size_t) {
    Error ignored;
    self->client_.shutdown(Socket::shutdown_send, ignored);
    self->Discard();
  });
}

/// Closing while the client still sends would take the answer from it.
void TapSession::Discard() {
  client_.async_read_some(asio::buffer(up_), [self = shared_from_this()](Error error, std::size_t) {
    if (error) return self->Close();
    self->Discard();
  });
}

}  // namespace edgewise::site
