// Reading: a connection's turn. What happens to answers is in connection_answers.cc.
#include "net/detail/connection.h"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/core/demangle.hpp>
#include <cerrno>
#include <exception>
#include <typeinfo>
#include <utility>

#include "base/log.h"

namespace edgewise::net::detail {
namespace {

constexpr std::size_t kLargestTurn = 256u << 10;  // bytes of requests and answers
constexpr std::size_t kMostInTurn = 64;           // requests
constexpr std::size_t kSlowProgress = 64u << 10;  // so many bytes in `idle` are a slow request and not a silent connection

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

Connection::Connection(IoThread& thread, ServerSocket socket)
    : thread_(thread),
      socket_(std::move(socket)),
      input_(thread.blocks()),
      parser_({thread.shared().options.max_header, thread.shared().options.max_body}),
      moved_(thread.tick()) {}

Connection::~Connection() {
  if (!closed()) thread_.shared().connections -= 1;  // the server ends
  thread_.shared().bytes -= counted_;
}

void Connection::Close() {
  if (closed()) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
  thread_.shared().connections -= 1;
  thread_.ForgetSoon();
}

void Connection::Finish() {
  last_request_seen_ = true;
  if (!busy()) Close();
}

/// A client that waits for our answers is not silent. One that takes nothing of them would keep them, and a descriptor, for ever.
void Connection::Sweep() {
  if (closed()) return;
  const auto now = thread_.tick();
  if (lingers_) {
    if (now - moved_ > thread_.linger_ticks()) Close();
  } else if (waits_to_write_) {
    if (now - output_moved_ > thread_.idle_ticks()) Close();
  } else if (open_.empty() && now - moved_ > thread_.idle_ticks()) {
    Close();
  }
}

/// A client that does not read its answers, or sends faster than we answer, waits in its own socket and not in our memory. Where the
/// server holds much, reading ahead ends first; it goes on with this connection's own answers, so nobody has to wake it.
bool Connection::Full() const {
  if (!busy()) return false;
  const auto& options = thread_.shared().options;
  return open_.size() >= options.pipeline || held_ + unsent() >= options.max_in_flight ||
         thread_.shared().bytes.load(std::memory_order_relaxed) >= options.max_held / 2;
}

void Connection::CountBytes() {
  const auto now = Holds();
  if (now == counted_) return;
  thread_.shared().bytes.fetch_add(now - counted_, std::memory_order_relaxed);  // unsigned: wraps around and back
  counted_ = now;
}

/// With what was read just now, which is not counted yet: most requests are answered before they would be.
bool Connection::IsCrowded() const {
  return thread_.shared().bytes.load(std::memory_order_relaxed) + Holds() - counted_ > thread_.shared().options.max_held;
}

void Connection::WaitToRead() {
  if (waits_to_read_ || closed()) return;
  waits_to_read_ = true;
  socket_.async_wait(ServerSocket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->waits_to_read_ = false;
    if (!error && !self->closed()) self->OnReadable();
  });
}

void Connection::OnReadable() {
  if (last_request_seen_ && !lingers_) return;  // Flush() will see to the rest
  if (!ReadSome()) return;
  if (lingers_) {
    input_.Consume(input_.size());
    return WaitToRead();
  }
  if (IsCrowded()) Refuse(503, "the server holds as many bytes of requests as it may; try again");
  Turn();
}

/// False: there was nothing to read, and what follows from that is done.
bool Connection::ReadSome() {
  const bool begins = input_.size() == 0;
  const auto room = input_.Room(parser_.wanted());
  const auto got = recv(socket_.native_handle(), room.data(), room.size(), 0);
  if (got > 0) {
    input_.Commit(static_cast<std::size_t>(got));
    slow_bytes_ += static_cast<std::size_t>(got);
    if (!lingers_ && (begins || slow_bytes_ >= kSlowProgress)) {
      slow_bytes_ = 0;
      moved_ = thread_.tick();
    }
    return true;
  }
  if (begins) input_.Consume(0);
  if (got < 0 && WouldBlock()) {
    WaitToRead();
    return false;
  }
  last_request_seen_ = client_has_ended_ = true;
  // A client that has sent all and waits for answers still gets them.
  if (got < 0 || lingers_ || !busy()) Close();
  return false;
}

void Connection::Turn() {
  in_turn_ = true;
  full_ = false;
  bool again = false;
  std::size_t bytes = 0;
  for (std::size_t requests = 0; !last_request_seen_ && !closed();) {
    full_ = Full();
    if (full_) break;
    const auto found = parser_.Parse(input_);
    if (found == RequestParser::Found::kNotYet) {
      OfferContinue();
      break;
    }
    if (found == RequestParser::Found::kRefused) {
      Refuse(parser_.refusal().status, parser_.refusal().reason);
      break;
    }
    const auto before = unsent();
    HandOut();
    bytes += handled_size_ + (unsent() - before);
    again = ++requests >= kMostInTurn || bytes >= kLargestTurn;
    if (again) break;
  }
  in_turn_ = false;
  Flush();
  CountBytes();
  GoOn(again);
}

void Connection::GoOn(bool again) {
  if (closed() || last_request_seen_) return;
  const bool was_full = std::exchange(full_, Full());
  if (full_) return;  // its answers will wake it
  again = again || was_full;
  if (!again || input_.size() == 0) return WaitToRead();
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (!self->closed()) self->Turn();
  });
}

void Connection::HandOut() {
  const auto view = parser_.View(input_, thread_.headers());
  const bool keep_alive = parser_.keep_alive();
  form_ = {keep_alive, view.method == "HEAD", parser_.is_version_1_0()};
  if (!keep_alive) last_request_seen_ = true;
  handled_size_ = parser_.size();
  present_ = first_ + open_.size();
  moved_ = thread_.tick();
  slow_bytes_ = 0;
  continued_ = false;
  HandleGuarded(view);
  input_.Consume(parser_.Next());
}

/// A handler that throws is a bug of ours and must not end everybody else's requests. Neither the log nor the answer repeats the
/// exception's words: they may hold the request's data.
void Connection::HandleGuarded(const RequestView& view) {
  auto& answer = thread_.answer();
  answer.Begin(*this);
  try {
    thread_.shared().handler(view, answer, thread_.index());
    if (answer.state() == Answer::State::kOpen) FailPresent("neither answered nor said that it will");
  } catch (const std::exception& exception) {
    FailPresent("threw " + boost::core::demangle(typeid(exception).name()));
  } catch (...) {
    FailPresent("threw something that is no exception");
  }
}

void Connection::FailPresent(std::string_view what) {
  log::Failed("http: a handler {}; the request is answered 500", what);
  const auto failed = HttpResponse::FromError({Code::kInternal, "the server failed on this request; its log says more"});
  auto& answer = thread_.answer();
  if (answer.state() == Answer::State::kLater) return OnAnswer(present_, failed);
  answer.body() = failed.body;
  answer.Send(failed.status, "application/json");
}

/// The bytes that follow are in doubt: the connection ends with this answer.
void Connection::Refuse(int status, std::string_view reason) {
  last_request_seen_ = true;
  form_ = {.keep_alive = false};
  handled_size_ = 0;
  const auto code = status == 503 ? Code::kUnavailable : Code::kInvalidArgument;
  const auto answer = HttpResponse::FromError({code, std::string(reason)});
  parser_.Next();
  input_.Consume(input_.size());
  Send(status, "application/json", status == 503 ? "Retry-After: 1\r\n" : "", answer.body);
}

void Connection::OfferContinue() {
  if (continued_ || !parser_.expects_continue() || !open_.empty()) return;
  continued_ = true;
  Output() += "HTTP/1.1 100 Continue\r\n\r\n";
}

/// Closing while bytes of the client are unread, or still on their way, would reset the connection and with it take the last answer out of
/// the client's hands. So what it still sends is thrown away for a while, until it closes too.
void Connection::Linger() {
  boost::system::error_code failed;
  if (!client_has_ended_) socket_.shutdown(ServerSocket::shutdown_send, failed);
  if (client_has_ended_ || failed) return Close();
  lingers_ = true;
  moved_ = thread_.tick();
  input_.Consume(input_.size());
  WaitToRead();
}

}  // namespace edgewise::net::detail
