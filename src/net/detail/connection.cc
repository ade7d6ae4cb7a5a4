#include "net/detail/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "net/detail/message.h"

namespace edgewise::net::detail {
namespace http = boost::beast::http;
namespace {

constexpr std::size_t kLargestWrite = 256u << 10;  // answers are joined up to this size

}  // namespace

Connection::Connection(std::shared_ptr<Home> home, Socket socket, const HttpHandler& handler, const HttpServer::Options& options)
    : home_(std::move(home)), socket_(std::move(socket)), handler_(handler), options_(options), idle_(socket_.get_executor()) {}

void Connection::Close() {
  boost::system::error_code ignored;
  idle_.cancel();
  socket_.close(ignored);
  kept_.reset();
}

void Connection::Finish() {
  last_request_seen_ = true;
  boost::system::error_code ignored;
  if (!busy()) return Close();
  socket_.shutdown(Socket::shutdown_receive, ignored);
}

void Connection::RestartIdleTimer() {
  idle_.expires_after(options_.idle);
  idle_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (error || !self) return;
    if (self->busy()) return self->RestartIdleTimer();  // it waits for us, not we for it
    self->Close();
  });
}

void Connection::Read() {
  if (reading_ || last_request_seen_ || closed() || open_.size() >= options_.pipeline) return;
  reading_ = true;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(options_.max_header));
  parser_->body_limit(options_.max_body);
  RestartIdleTimer();
  http::async_read(socket_, buffer_, *parser_,
                   [self = shared_from_this()](boost::system::error_code error, std::size_t) { self->OnRead(error); });
}

void Connection::OnRead(boost::system::error_code error) {
  reading_ = false;
  if (last_request_seen_) return;
  if (!error) {
    HandOut();
    return Read();
  }
  last_request_seen_ = true;
  if (error == http::error::body_limit) return Refuse(413, "the body is larger than this server takes");
  if (error == http::error::header_limit) return Refuse(431, "the headers are larger than this server takes");
  const bool gone = error == http::error::end_of_stream || error == http::error::partial_message ||
                    error.category() == boost::asio::error::get_system_category() ||
                    error.category() == boost::asio::error::get_misc_category();
  if (!gone) return Refuse(400, "not an HTTP/1.1 request");
  // A client that is gone while answers are due gets what still can be sent; an idle one is closed.
  if (!busy()) Close();
}

void Connection::Refuse(int status, std::string_view reason) {
  open_.push_back({std::nullopt, false, false});
  auto answer = HttpResponse::FromError({Code::kInvalidArgument, std::string(reason)});
  answer.status = status;
  OnAnswer(first_ + open_.size() - 1, std::move(answer));
}

void Connection::HandOut() {
  const std::uint64_t number = first_ + open_.size();
  auto request = FromBeast(parser_->release());
  const bool keep_alive = request.header("Connection") != "close";
  last_request_seen_ = !keep_alive;
  open_.push_back({std::nullopt, keep_alive, request.method == "HEAD"});
  kept_ = shared_from_this();
  // The answer may come from any thread, at any time, even after this connection or the server is gone.
  handler_(std::move(request),
           [weak = weak_from_this(), number, home = home_, io_thread = std::this_thread::get_id()](HttpResponse answer) {
             if (std::this_thread::get_id() == io_thread) {
               if (const auto self = weak.lock()) self->OnAnswer(number, std::move(answer));
               return;
             }
             const std::lock_guard lock(home->mutex);
             if (home->context == nullptr) return;
             boost::asio::post(*home->context, [weak, number, answer = std::move(answer)]() mutable {
               if (const auto self = weak.lock()) self->OnAnswer(number, std::move(answer));
             });
           });
}

void Connection::OnAnswer(std::uint64_t number, HttpResponse answer) {
  if (number < first_ || number - first_ >= open_.size() || closed()) return;
  auto& slot = open_[number - first_].answer;
  if (slot) return;  // answered twice: the first one counts
  slot = std::move(answer);
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
    open_.pop_front();
    ++first_;
  }
  writing_ = true;
  boost::asio::async_write(socket_, boost::asio::buffer(writing_bytes_),
                           [self = shared_from_this(), keep_alive](boost::system::error_code error, std::size_t) {
                             self->writing_ = false;
                             if (error || !keep_alive || (self->last_request_seen_ && self->open_.empty())) return self->Close();
                             if (self->open_.empty()) self->kept_.reset();
                             self->Write();
                             self->Read();
                           });
}

}  // namespace edgewise::net::detail
