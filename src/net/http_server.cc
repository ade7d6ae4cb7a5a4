#include "net/detail/socket.h"
// After socket.h, which makes Boost 1.74 compile.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <thread>
#include <utility>

#include "base/log.h"
#include "net/detail/io_thread.h"
#include "net/http_view.h"

namespace edgewise::net {
namespace asio = boost::asio;
namespace {

using Acceptor = asio::basic_socket_acceptor<detail::Protocol, asio::io_context::executor_type>;

class Server final : public HttpServer {
 public:
  Server(ViewHandler handler, const Options& options) : shared_{.handler = std::move(handler), .options = options} {
    for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i) {
      threads_.push_back(std::make_unique<detail::IoThread>(shared_, i));
    }
  }
  ~Server() override { Stop(); }

  Result<void> Listen(const Address& address);
  void Run() {
    for (std::size_t i = 0; i < acceptors_.size(); ++i) Accept(i);
    for (const auto& thread : threads_) thread->Run();
    running_ = true;
  }
  const std::vector<std::string>& addresses() const override { return addresses_; }
  void Post(std::function<void()> work) override { asio::post(context(), std::move(work)); }
  void Stop() override;

 private:
  asio::io_context& context() { return threads_.front()->context(); }  // the first thread's: it accepts for all
  void Accept(std::size_t index);
  void AcceptLater(std::size_t index);
  void Serve(detail::IoThread& thread, detail::ServerSocket socket, bool is_tcp);
  void StopListening();

  detail::Shared shared_;
  std::vector<std::unique_ptr<detail::IoThread>> threads_;
  std::vector<Acceptor> acceptors_;  // from Run() on: first thread only, and so are the next two
  std::size_t next_ = 0;             // the thread that gets the next connection
  bool full_ = false;                // it was said that connections are refused
  std::vector<std::string> addresses_;
  bool running_ = false;
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

Result<void> Server::Listen(const Address& address) {
  EDGEWISE_ASSIGN(const auto endpoint, detail::ParseAddress(address));
  Acceptor acceptor(context());
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (detail::IsUnix(endpoint)) {
    EDGEWISE_TRY(MakeWay(context(), endpoint, address.text.substr(5)));
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

void Server::Accept(std::size_t index) {
  auto& thread = *threads_[next_++ % threads_.size()];
  acceptors_[index].async_accept(thread.context(), [this, index, &thread](boost::system::error_code error, detail::ServerSocket socket) {
    if (error == asio::error::operation_aborted || !acceptors_[index].is_open()) return;
    if (error) return AcceptLater(index);
    Serve(thread, std::move(socket), !addresses_[index].starts_with("unix:"));
    Accept(index);
  });
}

/// Without a descriptor to spare every attempt fails at once: another one in a moment, not a thread that does nothing else.
void Server::AcceptLater(std::size_t index) {
  const auto pause = std::make_shared<asio::steady_timer>(context(), std::chrono::milliseconds(50));  // shared with its own handler
  pause->async_wait([this, index, pause](boost::system::error_code) {
    if (acceptors_[index].is_open()) Accept(index);
  });
}

void Server::Serve(detail::IoThread& thread, detail::ServerSocket socket, bool is_tcp) {
  if (shared_.connections >= shared_.options.max_connections) {
    if (!std::exchange(full_, true)) log::Warn("http: {} connections are open; further ones are closed", shared_.options.max_connections);
    return;  // and with it the socket
  }
  full_ = false;
  shared_.connections += 1;
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  if (&thread == threads_.front().get()) return thread.Serve(std::move(socket), is_tcp);
  asio::post(thread.context(), [&thread, is_tcp, moved = std::move(socket)]() mutable { thread.Serve(std::move(moved), is_tcp); });
}

void Server::StopListening() {
  for (std::size_t i = 0; i < acceptors_.size(); ++i) {
    boost::system::error_code ignored;
    acceptors_[i].close(ignored);
    if (addresses_[i].starts_with("unix:")) unlink(addresses_[i].substr(5).c_str());
  }
}

void Server::Stop() {
  if (!std::exchange(running_, false)) return;
  const auto until = std::chrono::steady_clock::now() + shared_.options.drain;
  asio::post(context(), [this] { StopListening(); });
  for (const auto& thread : threads_) asio::post(thread->context(), [&thread, until] { thread->Drain(until); });
  for (const auto& thread : threads_) thread->Join();
}

}  // namespace

Result<std::unique_ptr<HttpServer>> StartViews(const std::vector<Address>& addresses, ViewHandler handler, HttpServer::Options options) {
  std::unique_ptr<Server> server;
  try {
    server = std::make_unique<Server>(std::move(handler), options);
  } catch (const std::exception&) {  // the library's only way to say it
    return Fail(Code::kResourceExhausted, "no file descriptor is left for a server; raise the limit (ulimit -n)");
  }
  for (const auto& address : addresses) EDGEWISE_TRY(server->Listen(address));
  server->Run();
  return std::unique_ptr<HttpServer>(std::move(server));
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const std::vector<Address>& addresses, HttpHandler handler, Options options) {
  const auto own = [handler = std::move(handler)](const RequestView& view, ResponseWriter& response, std::size_t) {
    HttpRequest request{std::string(view.method), std::string(view.target), {}, std::string(view.body)};
    for (const auto& header : view.headers) request.headers.push_back({std::string(header.name), std::string(header.value)});
    handler(std::move(request), response.Later());
  };
  return StartViews(addresses, own, options);
}

}  // namespace edgewise::net
