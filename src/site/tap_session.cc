#include "site/tap_session.h"

#include <boost/asio/write.hpp>

namespace edgewise::site {
namespace asio = boost::asio;
using Error = boost::system::error_code;
namespace {

constexpr std::size_t kMostOpen = 1000;  // requests that a client sends without a reply; each costs us a hundred bytes

}  // namespace

TapSession::TapSession(TapShared& shared, Socket client)
    : shared_(shared),
      client_(std::move(client)),
      upstream_(client_.get_executor()),
      idle_(client_.get_executor()),
      hold_(client_.get_executor()),
      requests_(shared.options.most_body, {.head = [this](std::string_view method, std::string_view target) { OnHead(method, target); },
                                           .done = [this](PassedRequest request) { OnRequest(std::move(request)); }}) {}

void TapSession::Start() {
  Error ignored;
  client_.set_option(asio::ip::tcp::no_delay(true), ignored);
  WatchIdle();
  ReadUp();
}

void TapSession::Close() {
  Error ignored;
  idle_.cancel();
  hold_.cancel();
  client_.close(ignored);
  upstream_.close(ignored);
}

void TapSession::Abort() {
  Error ignored;
  for (auto* socket : {&client_, &upstream_}) socket->set_option(asio::socket_base::linger(true, 0), ignored);
  Close();
}

/// One timer for many movements: so an idle connection goes after one to two times `idle`.
void TapSession::WatchIdle() {
  moved_ = false;
  idle_.expires_after(shared_.options.idle);
  idle_.async_wait([weak = weak_from_this()](Error error) {
    const auto self = weak.lock();
    if (error || !self || self->closed()) return;
    self->moved_ ? self->WatchIdle() : self->Close();
  });
}

void TapSession::ReadUp() {
  client_.async_read_some(asio::buffer(up_), [self = shared_from_this()](Error error, std::size_t bytes) { self->OnUp(error, bytes); });
}

/// The client's end is the application's, too: it may answer what it has.
void TapSession::OnUp(Error error, std::size_t bytes) {
  if (closed()) return;
  if (!error) {
    moved_ = true;
    return connected_ ? PassUp(bytes) : Connect(bytes);
  }
  up_ended_ = true;
  if (error != asio::error::eof) return Abort();
  if (!connected_ || down_ended_) return Close();
  Error ignored;
  upstream_.shutdown(Socket::shutdown_send, ignored);
}

void TapSession::PassUp(std::size_t bytes) {
  if (!unread_ && (!requests_.Feed({up_.data(), bytes}) || exchanges_.size() > kMostOpen)) {
    StopReading();
    PassDown();
  }
  asio::async_write(upstream_, asio::buffer(up_.data(), bytes), [self = shared_from_this()](Error error, std::size_t) {
    if (self->closed()) return;
    if (!error) return self->ReadUp();
    // It takes no more, and may still have said why: what it sends passes until it ends.
    self->up_ended_ = true;
    if (self->down_ended_) self->Close();
  });
}

void TapSession::StopReading() {
  if (std::exchange(unread_, true)) return;
  shared_.counters.unread.Increment();
  exchanges_.clear();
  if (held_) Release(false);
}

void TapSession::ReadDown() {
  if (reading_down_ || down_ended_ || closed()) return;
  reading_down_ = true;
  upstream_.async_read_some(asio::buffer(down_), [self = shared_from_this()](Error error, std::size_t bytes) {
    self->reading_down_ = false;
    if (self->closed()) return;
    if (error) return error == asio::error::eof ? self->EndDown() : self->Abort();
    self->moved_ = true;
    self->replies_.Add({self->down_.data(), bytes});
    self->PassDown();
  });
}

/// What there is goes to the client; when there is nothing, more is read, unless a head waits.
void TapSession::PassDown() {
  if (writing_down_ || closed()) return;
  CutReplies();
  if (!out_.empty()) return WriteDown();
  if (held_) return;
  if (down_ended_) return EndDown();
  ReadDown();
}

void TapSession::CutReplies() {
  std::string some;
  while (!held_) {
    if (unread_) {
      out_ += replies_.TakeRest();
      return;
    }
    const auto next = replies_.Step(!exchanges_.empty() && exchanges_.front().is_head, some);
    if (next == ReplySniffer::Next::kMore) return;
    if (next == ReplySniffer::Next::kLost) StopReading();
    if (next == ReplySniffer::Next::kHead) {
      const bool upgraded = replies_.status() == 101 || (!exchanges_.empty() && exchanges_.front().is_connect);
      if (exchanges_.empty() || upgraded) {
        StopReading();  // nobody asked, or it is no HTTP any more
      } else if (replies_.status() >= 200 && HoldsHead()) {
        held_ = std::move(some);
        return;
      } else if (replies_.status() >= 200) {
        some.insert(some.size() - 2, exchanges_.front().headers);
      }
    }
    out_ += some;
    if (!unread_ && replies_.finished() && replies_.status() >= 200) exchanges_.pop_front();
  }
}

/// Whether the reply's head waits for its score; else what it gets is decided.
bool TapSession::HoldsHead() {
  auto& exchange = exchanges_.front();
  if (exchange.state == Exchange::State::kReading) {
    shared_.counters.early.Increment();
    exchange.state = Exchange::State::kPlain;
  }
  if (exchange.state != Exchange::State::kAsked) return false;
  hold_.expires_after(shared_.options.wait);
  hold_.async_wait([weak = weak_from_this()](Error error) {
    const auto self = weak.lock();
    if (error || !self || self->closed() || !self->held_) return;
    self->Release(false);
    self->PassDown();
  });
  return true;
}

/// Lets the head that waits go, with its headers if they are there.
void TapSession::Release(bool in_time) {
  hold_.cancel();
  auto head = *std::exchange(held_, std::nullopt);
  if (!exchanges_.empty()) {
    auto& exchange = exchanges_.front();
    if (!in_time) {
      shared_.counters.late.Increment();
      exchange.state = Exchange::State::kPlain;
    }
    head.insert(head.size() - 2, exchange.headers);
    if (replies_.finished()) exchanges_.pop_front();
  }
  out_ += head;
}

void TapSession::WriteDown() {
  writing_down_ = true;
  const auto bytes = std::make_shared<std::string>(std::exchange(out_, {}));  // lives as long as the write
  asio::async_write(client_, asio::buffer(*bytes), [self = shared_from_this(), bytes](Error error, std::size_t) {
    self->writing_down_ = false;
    if (self->closed()) return;
    self->moved_ = true;
    if (error || self->CloseIfLast()) return self->Close();
    self->PassDown();
  });
}

bool TapSession::CloseIfLast() { return shared_.stopping && !busy() && out_.empty() && !held_; }

/// The application has ended: what is there still goes, half a head too.
void TapSession::EndDown() {
  down_ended_ = true;
  if (held_ || writing_down_) return;  // whoever lets it go comes here again
  out_ += replies_.TakeRest();
  if (!out_.empty()) return WriteDown();
  Error ignored;
  client_.shutdown(Socket::shutdown_send, ignored);
  if (up_ended_) Close();
}

}  // namespace edgewise::site
