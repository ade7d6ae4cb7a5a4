#include "net/detail/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <boost/core/demangle.hpp>
#include <exception>
#include <thread>
#include <typeinfo>

#include "base/log.h"
#include "net/detail/message.h"

namespace edgewise::net::detail {
namespace http = boost::beast::http;
namespace {

constexpr std::size_t kLargestWrite = 256u << 10;  // answers are joined up to this size
constexpr std::size_t kLargestKept = 64u << 10;    // what a connection keeps for its next write

std::size_t BytesOf(const HttpRequest& request) {
  std::size_t bytes = request.target.size() + request.body.size();
  for (const auto& header : request.headers) bytes += header.name.size() + header.value.size();
  return bytes;
}

/// A handler that throws is a bug of ours and must not end everybody else's requests. Neither the log nor the answer repeats the
/// exception's words: they may hold the request's data.
void HandleGuarded(const HttpHandler& handler, HttpRequest request, const Responder& respond) {
  std::string thrown = "something that is no exception";
  try {
    return handler(std::move(request), respond);
  } catch (const std::exception& exception) {
    thrown = boost::core::demangle(typeid(exception).name());
  } catch (...) {
  }
  log::Failed("http: a handler threw {}; the request is answered 500", thrown);
  respond(HttpResponse::FromError({Code::kInternal, "the server failed on this request; its log says more"}));
}

}  // namespace

Connection::Connection(std::shared_ptr<Home> home, Load& load, Socket socket, const HttpHandler& handler,
                       const HttpServer::Options& options)
    : home_(std::move(home)),
      load_(load),
      socket_(std::move(socket)),
      handler_(handler),
      options_(options),
      idle_(socket_.get_executor()),
      stalled_(socket_.get_executor()) {}

void Connection::Close() {
  boost::system::error_code ignored;
  idle_.cancel();
  stalled_.cancel();
  socket_.close(ignored);
}

void Connection::Finish() {
  last_request_seen_ = true;
  boost::system::error_code ignored;
  if (!busy()) return Close();
  socket_.shutdown(Socket::shutdown_receive, ignored);
}

void Connection::RestartIdleTimer() {
  idle_.expires_after(options_.idle);
  // It also keeps the connection alive when nothing is read any more and answers are still due.
  idle_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error || self->closed()) return;
    if (self->busy()) return self->RestartIdleTimer();  // it waits for us, or WatchWriting() sees to it
    self->Close();
  });
}

/// A client that takes nothing of its answers for `idle` would keep them, and a descriptor, for ever. One timer for many writes: setting it
/// for each would cost more than the writes of small answers. So the connection goes after one to two times `idle`.
void Connection::WatchWriting() {
  write_moved_ = true;
  if (watches_write_) return;
  watches_write_ = true;
  write_moved_ = false;
  stalled_.expires_after(options_.idle);
  stalled_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (error || !self || self->closed()) return;
    self->watches_write_ = false;
    if (!self->writing_) return;
    if (!self->write_moved_) return self->Close();
    self->WatchWriting();
  });
}

/// A client that does not read its answers, or sends faster than we answer, waits in its own socket and not in our memory. Where the
/// server holds much, reading ahead ends first; it goes on with this connection's own answers, so nobody has to wake it.
bool Connection::Full() const {
  return open_.size() >= options_.pipeline || held_ + (writing_ ? writing_bytes_.size() : 0) >= options_.max_in_flight ||
         (busy() && load_.bytes >= options_.max_held / 2);
}

void Connection::CountBytes() {
  const auto now = held_ + (writing_ ? writing_bytes_.size() : 0) + (parser_ ? parser_->get().body().size() : 0);
  load_.bytes += now - counted_;  // unsigned: wraps around and back
  counted_ = now;
}

void Connection::Read() {
  if (reading_ || last_request_seen_ || closed() || Full()) return;
  reading_ = true;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(options_.max_header));
  parser_->body_limit(options_.max_body);
  parser_->eager(true);  // header and body, as far as they are there
  RestartIdleTimer();
  ReadSome();
}

void Connection::ReadSome() {
  http::async_read_some(socket_, buffer_, *parser_,
                        [self = shared_from_this()](boost::system::error_code error, std::size_t) { self->OnRead(error); });
}

void Connection::OnRead(boost::system::error_code error) {
  CountBytes();
  const bool crowded = load_.bytes > options_.max_held;
  if (!error && !crowded && !last_request_seen_ && !parser_->is_done()) return ReadSome();
  reading_ = false;
  if (last_request_seen_) return;
  if (error) return OnReadError(error);
  if (!crowded) {
    HandOut();
    return Read();
  }
  last_request_seen_ = true;
  parser_.reset();
  Refuse(503, Code::kUnavailable, "the server holds as many bytes of requests as it may; try again");
}

void Connection::OnReadError(boost::system::error_code error) {
  last_request_seen_ = true;
  parser_.reset();
  CountBytes();
  if (error == http::error::body_limit) return Refuse(413, Code::kInvalidArgument, "the body is larger than this server takes");
  if (error == http::error::header_limit) return Refuse(431, Code::kInvalidArgument, "the headers are larger than this server takes");
  const bool gone = error == http::error::end_of_stream || error == http::error::partial_message ||
                    error.category() == boost::asio::error::get_system_category() ||
                    error.category() == boost::asio::error::get_misc_category();
  if (!gone) return Refuse(400, Code::kInvalidArgument, "not an HTTP/1.1 request");
  // A client that is gone while answers are due gets what still can be sent; an idle one is closed.
  if (!busy()) Close();
}

void Connection::Refuse(int status, Code code, std::string_view reason) {
  open_.push_back({std::nullopt, false, false, 0});
  auto answer = HttpResponse::FromError({code, std::string(reason)});
  answer.status = status;
  OnAnswer(first_ + open_.size() - 1, std::move(answer));
}

void Connection::HandOut() {
  const std::uint64_t number = first_ + open_.size();
  auto request = FromBeast(parser_->release());
  const bool keep_alive = request.header("Connection") != "close";
  last_request_seen_ = !keep_alive;
  open_.push_back({std::nullopt, keep_alive, request.method == "HEAD", BytesOf(request)});
  held_ += open_.back().bytes;
  parser_.reset();
  CountBytes();
  HandleGuarded(handler_, std::move(request), ResponderFor(number));
}

/// The answer may come from any thread, at any time, even after this connection or the server is gone.
Responder Connection::ResponderFor(std::uint64_t number) {
  return [weak = weak_from_this(), number, home = home_, io_thread = std::this_thread::get_id()](HttpResponse answer) {
    if (std::this_thread::get_id() == io_thread) {
      if (const auto self = weak.lock()) self->OnAnswer(number, std::move(answer));
      return;
    }
    const std::lock_guard lock(home->mutex);
    if (home->context == nullptr) return;
    boost::asio::post(*home->context, [weak, number, answer = std::move(answer)]() mutable {
      if (const auto self = weak.lock()) self->OnAnswer(number, std::move(answer));
    });
  };
}

void Connection::OnAnswer(std::uint64_t number, HttpResponse answer) {
  if (number < first_ || number - first_ >= open_.size() || closed()) return;
  auto& open = open_[number - first_];
  if (open.answer) return;  // answered twice: the first one counts
  open.bytes += answer.body.size();
  held_ += answer.body.size();
  CountBytes();
  open.answer = std::move(answer);
  if (open_.front().answer) ScheduleWrite();
}

void Connection::ScheduleWrite() {
  if (writing_ || write_scheduled_) return;
  write_scheduled_ = true;
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->write_scheduled_ = false;
    self->Write();
  });
}

void Connection::Write() {
  if (writing_ || closed() || open_.empty() || !open_.front().answer) return;
  writing_bytes_.clear();
  bool keep_alive = true;
  while (!open_.empty() && open_.front().answer && writing_bytes_.size() < kLargestWrite && keep_alive) {
    const auto& front = open_.front();
    keep_alive = front.keep_alive;
    Serialise(*front.answer, keep_alive, front.head, writing_bytes_);
    held_ -= front.bytes;
    open_.pop_front();
    ++first_;
  }
  writing_ = true;
  CountBytes();
  WatchWriting();
  const auto note_and_go_on = [self = shared_from_this()](boost::system::error_code error, std::size_t bytes) {
    if (bytes > 0) self->write_moved_ = true;
    return error ? std::size_t{0} : kLargestWrite;
  };
  boost::asio::async_write(
      socket_, boost::asio::buffer(writing_bytes_), note_and_go_on,
      [self = shared_from_this(), keep_alive](boost::system::error_code error, std::size_t) { self->OnWritten(error, keep_alive); });
}

void Connection::OnWritten(boost::system::error_code error, bool keep_alive) {
  writing_ = false;
  CountBytes();
  if (error || !keep_alive || (last_request_seen_ && open_.empty())) return Close();
  Write();
  if (!writing_ && writing_bytes_.capacity() > kLargestKept) writing_bytes_ = {};
  Read();
}

}  // namespace edgewise::net::detail
