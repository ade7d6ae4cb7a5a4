#include "net/detail/io_thread.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/detail/connection.h"

namespace edgewise::net::detail {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLinger{2000};  // for what a client still sends when its last answer has left

std::uint64_t TicksIn(milliseconds time, milliseconds period) {
  return static_cast<std::uint64_t>((time + period - milliseconds(1)) / period);
}

}  // namespace

IoThread::IoThread(Shared& shared, std::size_t index)
    : shared_(shared), index_(index), period_(std::clamp(shared.options.idle / 4, milliseconds(5), milliseconds(1000))) {
  home_->context = &context_;
}

IoThread::~IoThread() {
  Join();
  const std::lock_guard lock(home_->mutex);
  home_->context = nullptr;
}

std::uint64_t IoThread::idle_ticks() const { return TicksIn(shared_.options.idle, period_); }
std::uint64_t IoThread::linger_ticks() const { return TicksIn(kLinger, period_); }

void IoThread::Run() {
  Sweep();
  thread_ = std::thread([this] { context_.run(); });
}

void IoThread::Join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::Serve(ServerSocket socket, bool is_tcp) {
  if (draining_) {
    shared_.connections -= 1;
    return;  // and with it the socket
  }
  boost::system::error_code ignored;
  if (is_tcp) socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  connections_.push_back(std::make_shared<Connection>(*this, std::move(socket)));
  connections_.back()->Start();
}

/// Not at once: it may be the connection's own turn.
void IoThread::ForgetSoon() {
  if (std::exchange(forgets_, true)) return;
  boost::asio::post(context_, [this] {
    forgets_ = false;
    std::erase_if(connections_, [](const auto& connection) { return connection->closed(); });
  });
}

/// One timer for all connections: setting one for each request would cost more than parsing it.
void IoThread::Sweep() {
  ++tick_;
  for (const auto& connection : connections_) connection->Sweep();
  sweep_.expires_after(period_);
  sweep_.async_wait([this](boost::system::error_code error) {
    if (!error) Sweep();
  });
}

void IoThread::Drain(std::chrono::steady_clock::time_point until) {
  draining_ = true;
  for (const auto& connection : connections_) connection->Finish();
  DrainOn(until);
}

void IoThread::DrainOn(std::chrono::steady_clock::time_point until) {
  bool busy = false;
  const bool late = std::chrono::steady_clock::now() >= until;
  for (const auto& connection : connections_) {
    if (late || !connection->busy()) {
      connection->Close();
    } else {
      busy = true;
    }
  }
  if (!busy) return context_.stop();
  drain_.expires_after(milliseconds(5));
  drain_.async_wait([this, until](boost::system::error_code) { DrainOn(until); });
}

}  // namespace edgewise::net::detail
