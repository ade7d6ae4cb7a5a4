#include "net/detail/socket.h"
// After socket.h, which makes Boost 1.74 compile.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <thread>
#include <utility>

#include "base/log.h"
#include "net/detail/connection.h"
#include "net/http.h"

namespace edgewise::net {
namespace asio = boost::asio;
namespace {

using Acceptor = asio::basic_socket_acceptor<detail::Protocol>;

class BeastServer final : public HttpServer {
 public:
  BeastServer(HttpHandler handler, Options options) : handler_(std::move(handler)), options_(options) { home_->context = &context_; }
  ~BeastServer() override {
    Stop();
    const std::lock_guard lock(home_->mutex);
    home_->context = nullptr;
  }

  Result<void> Listen(const Address& address);
  void Run() {
    for (std::size_t i = 0; i < acceptors_.size(); ++i) Accept(i);
    thread_ = std::thread([this] { context_.run(); });
  }
  const std::vector<std::string>& addresses() const override { return addresses_; }
  void Post(std::function<void()> work) override { asio::post(context_, std::move(work)); }
  void Stop() override;

 private:
  void Accept(std::size_t index);
  void AcceptLater(std::size_t index);
  void Serve(detail::Socket socket, bool is_tcp);
  void Drain(std::chrono::steady_clock::time_point until);

  HttpHandler handler_;
  Options options_;
  detail::Load load_;  // before context_, whose end ends the connections
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::shared_ptr<detail::Home> home_ = std::make_shared<detail::Home>();  // shared with the Responders
  asio::steady_timer drain_{context_};
  std::vector<Acceptor> acceptors_;
  std::vector<std::string> addresses_;
  std::vector<std::weak_ptr<detail::Connection>> connections_;  // I/O thread only
  bool full_ = false;                                           // it was said that connections are refused
  std::thread thread_;
};

/// A socket file nobody listens on is a leftover of a killed process; one that answers is somebody's.
bool SomebodyListens(asio::io_context& context, const detail::Endpoint& endpoint) {
  detail::Socket probe(context);
  boost::system::error_code error;
  probe.connect(endpoint, error);
  return !error;
}

/// Takes a leftover socket away. Whatever else lies at the path is somebody's and stays.
Result<void> MakeWay(asio::io_context& context, const detail::Endpoint& endpoint, const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  if (!std::filesystem::exists(status) || SomebodyListens(context, endpoint)) return {};  // bind() says it is taken
  if (!std::filesystem::is_socket(status)) {
    return Fail(Code::kAlreadyExists,
                fmt::format("address unix:{}: a file that is no socket lies there; move it or choose another path", path));
  }
  unlink(path.c_str());
  return {};
}

Result<void> BeastServer::Listen(const Address& address) {
  EDGEWISE_ASSIGN(const auto endpoint, detail::ParseAddress(address));
  Acceptor acceptor(context_);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (detail::IsUnix(endpoint)) {
    EDGEWISE_TRY(MakeWay(context_, endpoint, address.text.substr(5)));
  } else if (!error) {
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return Fail(Code::kAlreadyExists, fmt::format("address {} is taken; stop what listens there or choose another port", address.text));
  }
  if (error) return Fail(Code::kInvalidArgument, fmt::format("cannot listen on {}: {}", address.text, error.message()));
  addresses_.push_back(detail::AddressText(acceptor.local_endpoint()));
  acceptors_.push_back(std::move(acceptor));
  return {};
}

void BeastServer::Accept(std::size_t index) {
  acceptors_[index].async_accept([this, index](boost::system::error_code error, detail::Socket socket) {
    if (error == asio::error::operation_aborted || !acceptors_[index].is_open()) return;
    if (error) return AcceptLater(index);
    Serve(std::move(socket), !addresses_[index].starts_with("unix:"));
    Accept(index);
  });
}

/// Without a descriptor to spare every attempt fails at once: another one in a moment, not a thread that does nothing else.
void BeastServer::AcceptLater(std::size_t index) {
  const auto pause = std::make_shared<asio::steady_timer>(context_, std::chrono::milliseconds(50));  // shared with its own handler
  pause->async_wait([this, index, pause](boost::system::error_code) {
    if (acceptors_[index].is_open()) Accept(index);
  });
}

void BeastServer::Serve(detail::Socket socket, bool is_tcp) {
  std::erase_if(connections_, [](const auto& weak) {
    const auto connection = weak.lock();
    return !connection || connection->closed();
  });
  if (connections_.size() >= options_.max_connections) {
    if (!std::exchange(full_, true)) log::Warn("http: {} connections are open; further ones are closed", options_.max_connections);
    return;  // and with it the socket
  }
  full_ = false;
  boost::system::error_code ignored;
  if (is_tcp) socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto connection = std::make_shared<detail::Connection>(home_, load_, std::move(socket), handler_, options_);
  connections_.push_back(connection);
  connection->Start();
}

void BeastServer::Drain(std::chrono::steady_clock::time_point until) {
  bool busy = false;
  const bool late = std::chrono::steady_clock::now() >= until;
  for (const auto& weak : connections_) {
    const auto connection = weak.lock();
    if (!connection || connection->closed()) continue;
    if (late || !connection->busy()) {
      connection->Close();
    } else {
      busy = true;
    }
  }
  if (!busy) return context_.stop();
  drain_.expires_after(std::chrono::milliseconds(5));
  drain_.async_wait([this, until](boost::system::error_code) { Drain(until); });
}

void BeastServer::Stop() {
  if (!thread_.joinable()) return;
  asio::post(context_, [this] {
    for (std::size_t i = 0; i < acceptors_.size(); ++i) {
      boost::system::error_code ignored;
      acceptors_[i].close(ignored);
      if (addresses_[i].starts_with("unix:")) unlink(addresses_[i].substr(5).c_str());
    }
    for (const auto& weak : connections_) {
      if (const auto connection = weak.lock()) connection->Finish();
    }
    Drain(std::chrono::steady_clock::now() + options_.drain);
  });
  thread_.join();
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const std::vector<Address>& addresses, HttpHandler handler, Options options) {
  std::unique_ptr<BeastServer> server;
  try {
    server = std::make_unique<BeastServer>(std::move(handler), options);
  } catch (const std::exception&) {  // the library's only way to say it
    return Fail(Code::kResourceExhausted, "no file descriptor is left for a server; raise the limit (ulimit -n)");
  }
  for (const auto& address : addresses) EDGEWISE_TRY(server->Listen(address));
  server->Run();
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace edgewise::net
