#pragma once

#include "net/detail/socket.h"
// After socket.h, which makes Boost 1.74 compile.
#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/detail/answer.h"
#include "net/detail/input.h"
#include "net/http_view.h"

namespace edgewise::net::detail {

/// A socket that knows its context's type: its operations cost less than those of Socket.
using ServerSocket = boost::asio::basic_stream_socket<Protocol, boost::asio::io_context::executor_type>;

/// Where answers from other threads are brought to: they may come when the server is gone.
struct Home {
  std::mutex mutex;
  boost::asio::io_context* context = nullptr;  // null once the thread is gone
};

/// What the I/O threads of a server share.
struct Shared {
  ViewHandler handler;
  HttpServer::Options options;
  std::atomic<std::size_t> bytes = 0;        ///< Held by all connections together.
  std::atomic<std::size_t> connections = 0;  ///< Open ones.
};

class Connection;

/// An I/O thread of a server: its connections, and what they use in turn. Where not said otherwise, its own thread only.
/// Lifecycle: made and ended by the server; Run() starts the thread, Drain() ends it, Join() waits for that.
class IoThread {
 public:
  IoThread(Shared& shared, std::size_t index);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void Run();                                              ///< Any thread.
  void Join();                                             ///< Any other thread.
  boost::asio::io_context& context() { return context_; }  ///< Any thread.
  void Serve(ServerSocket socket, bool is_tcp);            ///< It is in Shared::connections already.
  /// No further requests; ends the thread when all are answered, at `until` at the latest.
  void Drain(std::chrono::steady_clock::time_point until);

  void ForgetSoon();  ///< A connection was closed: what it holds is given back.

  Shared& shared() { return shared_; }
  const std::shared_ptr<Home>& home() const { return home_; }
  std::size_t index() const { return index_; }
  Blocks& blocks() { return blocks_; }
  Answer& answer() { return answer_; }
  std::vector<HeaderView>& headers() { return headers_; }
  std::string& spare_output() { return spare_output_; }  ///< An empty string with room, for whoever writes next.
  /// Counts up a few times in `idle`: connections compare it to see that nothing moved, without asking a clock for each request.
  std::uint64_t tick() const { return tick_; }
  std::uint64_t idle_ticks() const;
  std::uint64_t linger_ticks() const;

 private:
  void Sweep();
  void DrainOn(std::chrono::steady_clock::time_point until);

  Shared& shared_;
  std::size_t index_;
  Blocks blocks_;  // before context_, whose end ends the connections
  Answer answer_;
  std::vector<HeaderView> headers_;
  std::string spare_output_;
  std::chrono::milliseconds period_;
  std::uint64_t tick_ = 0;
  bool draining_ = false;
  bool forgets_ = false;  // it is posted that closed connections are forgotten
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  boost::asio::steady_timer sweep_{context_};
  boost::asio::steady_timer drain_{context_};
  std::shared_ptr<Home> home_ = std::make_shared<Home>();  // shared with the Responders
  std::vector<std::shared_ptr<Connection>> connections_;   // shared with their operations
  std::thread thread_;
};

}  // namespace edgewise::net::detail
