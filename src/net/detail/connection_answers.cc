// Answering: what handlers and Responders do to a connection, and writing.
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <thread>
#include <utility>

#include "net/detail/connection.h"

namespace edgewise::net::detail {
namespace {

constexpr std::size_t kLargestKept = 1u << 20;  // of output, by the thread

}  // namespace

/// Takes the thread's spare string where it has none: in steady state everybody writes into the same memory.
std::string& Connection::Output() {
  if (output_.capacity() <= thread_.spare_output().capacity() && output_.empty()) output_.swap(thread_.spare_output());
  return output_;
}

void Connection::Send(int status, std::string_view content_type, std::string_view lines, std::string_view body) {
  if (open_.empty()) {
    AppendAnswer(Output(), form_, status, content_type, lines, body);
    ++first_;
    return;
  }
  auto& open = open_.emplace_back(Open{.answered = true, .form = form_, .held = 0, .bytes = {}});
  AppendAnswer(open.bytes, form_, status, content_type, lines, body);
  open.held = open.bytes.size();
  held_ += open.held;
}

/// Whoever answers later keeps the request's bytes, or about as many.
Responder Connection::Later() {
  open_.push_back({.answered = false, .form = form_, .held = handled_size_, .bytes = {}});
  held_ += handled_size_;
  return [weak = weak_from_this(), number = present_, home = thread_.home(), io_thread = std::this_thread::get_id()](HttpResponse answer) {
    if (std::this_thread::get_id() == io_thread) {
      if (const auto self = weak.lock()) self->OnAnswer(number, answer);
      return;
    }
    const std::lock_guard lock(home->mutex);
    if (home->context == nullptr) return;
    boost::asio::post(*home->context, [weak, number, answer = std::move(answer)] {
      if (const auto self = weak.lock()) self->OnAnswer(number, answer);
    });
  };
}

void Connection::OnAnswer(std::uint64_t number, const HttpResponse& answer) {
  if (number < first_ || number - first_ >= open_.size() || closed()) return;
  auto& open = open_[number - first_];
  if (std::exchange(open.answered, true)) return;  // answered twice: the first one counts
  if (number > first_) {
    AppendAnswer(open.bytes, open.form, answer);
    open.held += open.bytes.size();
    held_ += open.bytes.size();
    return CountBytes();
  }
  AppendAnswer(Output(), open.form, answer);
  held_ -= open.held;
  open_.pop_front();
  ++first_;
  ReleaseAnswered();
  if (in_turn_) return;
  CountBytes();
  ScheduleFlush();
}

void Connection::ReleaseAnswered() {
  while (!open_.empty() && open_.front().answered) {
    output_ += open_.front().bytes;
    held_ -= open_.front().held;
    open_.pop_front();
    ++first_;
  }
  moved_ = thread_.tick();
}

/// Answers that other threads bring together leave in one write.
void Connection::ScheduleFlush() {
  if (std::exchange(flush_scheduled_, true)) return;
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->flush_scheduled_ = false;
    if (self->closed()) return;
    if (self->full_) return self->Turn();
    self->OfferContinue();
    self->Flush();
    self->CountBytes();
  });
}

void Connection::Flush() {
  if (waits_to_write_ || closed()) return;
  while (unsent() > 0) {
    const auto took = send(socket_.native_handle(), output_.data() + sent_, unsent(), MSG_NOSIGNAL);
    if (took < 0 && errno == EINTR) continue;
    if (took < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return WaitToWrite();
    if (took < 0) return Close();
    sent_ += static_cast<std::size_t>(took);
  }
  output_.clear();
  sent_ = 0;
  if (output_.capacity() > kLargestKept) std::string().swap(output_);  // "= {}" would keep it
  if (output_.capacity() > thread_.spare_output().capacity()) output_.swap(thread_.spare_output());
  if (last_request_seen_ && open_.empty() && !lingers_) Linger();
}

void Connection::WaitToWrite() {
  if (sent_ > output_.size() / 2) {
    output_.erase(0, sent_);
    sent_ = 0;
  }
  waits_to_write_ = true;
  output_moved_ = thread_.tick();
  socket_.async_wait(ServerSocket::wait_write, [self = shared_from_this()](boost::system::error_code error) {
    self->waits_to_write_ = false;
    if (error || self->closed()) return;
    self->Flush();
    self->moved_ = self->thread_.tick();
    self->CountBytes();
    if (self->full_) self->Turn();
  });
}

}  // namespace edgewise::net::detail
