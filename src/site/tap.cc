#include "site/tap.h"

#include <fmt/format.h>

#include <charconv>
#include <thread>
#include <vector>

#include "base/log.h"
#include "site/tap_session.h"
// After the session, which makes Boost 1.74 compile.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace edgewise::site {
namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

constexpr std::chrono::seconds kDrain{5};

/// Only numeric addresses and "localhost", as everywhere: a name would be looked up by a thread that nobody can stop.
Result<tcp::endpoint> EndpointOf(std::string_view text) {
  const auto colon = text.rfind(':');
  unsigned port = 65536;
  if (colon != std::string_view::npos) {
    const auto digits = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size()) port = 65536;
  }
  std::string host(text.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(host, error);
  if (error || port > 65535) return Fail(Code::kInvalidArgument, fmt::format("address \"{}\" is not like 127.0.0.1:8080", text));
  return tcp::endpoint(ip, static_cast<unsigned short>(port));
}

class RunningTap final : public Tap {
 public:
  RunningTap(TapOptions options, const std::string& site, Ask ask, Metrics& metrics)
      : shared_{.options = options, .upstream = {}, .ask = std::move(ask), .counters = TapCounters(metrics, site, options.name)} {
    shared_.home->context = &context_;
  }
  ~RunningTap() override {
    if (thread_.joinable()) {
      asio::post(context_, [this] { Stop(); });
      thread_.join();
    }
    const std::lock_guard lock(shared_.home->mutex);
    shared_.home->context = nullptr;
  }
  Result<void> Listen();
  const std::string& address() const override { return address_; }

 private:
  void Accept();
  void Serve(tcp::socket socket);
  void Stop();
  void Drain(std::chrono::steady_clock::time_point until);

  TapShared shared_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer pause_{context_};
  std::vector<std::weak_ptr<TapSession>> sessions_;  // the tap's thread only
  bool full_ = false;                                // it was said that connections are closed
  std::string address_;
  std::thread thread_;
};

Result<void> RunningTap::Listen() {
  const auto& options = shared_.options;
  EDGEWISE_ASSIGN(const auto endpoint, EndpointOf(options.listen));
  EDGEWISE_ASSIGN(shared_.upstream, EndpointOf(options.upstream));
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return Fail(Code::kAlreadyExists, fmt::format("tap \"{}\": address {} is taken; stop what listens there or choose another port",
                                                  options.name, options.listen));
  }
  if (error)
    return Fail(Code::kInvalidArgument, fmt::format("tap \"{}\": cannot listen on {}: {}", options.name, options.listen, error.message()));
  const auto bound = acceptor_.local_endpoint(error);
  const auto host = bound.address().to_string();
  address_ = bound.address().is_v6() ? fmt::format("[{}]:{}", host, bound.port()) : fmt::format("{}:{}", host, bound.port());
  Accept();
  thread_ = std::thread([this] { context_.run(); });
  return {};
}

void RunningTap::Accept() {
  acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (!error) {
      Serve(std::move(socket));
      return Accept();
    }
    pause_.expires_after(std::chrono::milliseconds(50));  // no descriptor to spare: another attempt in a moment
    pause_.async_wait([this](boost::system::error_code) {
      if (acceptor_.is_open()) Accept();
    });
  });
}

void RunningTap::Serve(tcp::socket socket) {
  std::erase_if(sessions_, [](const auto& weak) {
    const auto session = weak.lock();
    return !session || session->closed();
  });
  if (sessions_.size() >= shared_.options.most_connections) {
    shared_.counters.crowded.Increment();
    if (!std::exchange(full_, true))
      log::Warn("tap {}: {} connections are open; further ones are closed", shared_.options.name, sessions_.size());
    return;  // and with it the socket
  }
  full_ = false;
  const auto session = std::make_shared<TapSession>(shared_, std::move(socket));
  sessions_.push_back(session);
  session->Start();
}

void RunningTap::Stop() {
  boost::system::error_code ignored;
  shared_.stopping = true;
  acceptor_.close(ignored);
  Drain(std::chrono::steady_clock::now() + kDrain);
}

void RunningTap::Drain(std::chrono::steady_clock::time_point until) {
  bool busy = false;
  const bool late = std::chrono::steady_clock::now() >= until;
  for (const auto& weak : sessions_) {
    const auto session = weak.lock();
    if (!session || session->closed()) continue;
    if (late || !session->busy()) {
      session->Close();
    } else {
      busy = true;
    }
  }
  if (!busy) return context_.stop();
  pause_.expires_after(std::chrono::milliseconds(5));
  pause_.async_wait([this, until](boost::system::error_code) { Drain(until); });
}

}  // namespace

Result<std::unique_ptr<Tap>> Tap::Start(TapOptions options, const std::string& site, Ask ask, Metrics& metrics) {
  std::unique_ptr<RunningTap> tap;
  try {
    tap = std::make_unique<RunningTap>(std::move(options), site, std::move(ask), metrics);
  } catch (const std::exception&) {  // the library's only way to say it
    return Fail(Code::kResourceExhausted, "no file descriptor is left for a tap; raise the limit (ulimit -n)");
  }
  EDGEWISE_TRY(tap->Listen());
  return std::unique_ptr<Tap>(std::move(tap));
}

}  // namespace edgewise::site
