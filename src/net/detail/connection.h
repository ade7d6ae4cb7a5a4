#pragma once

#include "net/detail/socket.h"
// After socket.h, which makes Boost 1.74 compile.
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/http.h"

namespace edgewise::net::detail {

/// Where answers from other threads are brought to: they may come when the server is gone.
struct Home {
  std::mutex mutex;
  boost::asio::io_context* context = nullptr;  // null once the server is gone
};

/// What all connections of a server hold together. I/O thread only.
struct Load {
  std::size_t bytes = 0;
};

/// One connection of an HttpServer: reads ahead up to `pipeline` requests, hands them out in order, writes answers in that order.
/// Answers that are ready together leave in one write. Lives on the I/O thread; Responders from other threads post to it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Home> home, Load& load, Socket socket, const HttpHandler& handler, const HttpServer::Options& options);
  ~Connection() { load_.bytes -= counted_; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void Start() { Read(); }
  void Close();
  bool busy() const { return !open_.empty() || writing_; }  ///< Requests whose answer has not been sent.
  bool closed() const { return !socket_.is_open(); }
  /// No further requests are read; the connection closes when those in flight are answered.
  void Finish();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  /// A request that was handed out: its answer, once there.
  struct Open {
    std::optional<HttpResponse> answer;
    bool keep_alive = true;
    bool head = false;
    std::size_t bytes = 0;  ///< Of the request, and of its answer once there.
  };

  bool Full() const;
  void Read();
  void ReadSome();
  void OnRead(boost::system::error_code error);
  void OnReadError(boost::system::error_code error);
  void HandOut();
  Responder ResponderFor(std::uint64_t number);
  void Refuse(int status, Code code, std::string_view reason);
  void OnAnswer(std::uint64_t number, HttpResponse answer);
  void ScheduleWrite();
  void Write();
  void OnWritten(boost::system::error_code error, bool keep_alive);
  void RestartIdleTimer();
  void WatchWriting();
  void CountBytes();

  std::shared_ptr<Home> home_;  // shared with the Responders, which may outlive connection and server
  Load& load_;                  // of the server, which outlives its connections
  Socket socket_;
  const HttpHandler& handler_;  // owned by the server, which outlives the I/O thread's work
  const HttpServer::Options& options_;
  boost::asio::steady_timer idle_;
  boost::asio::steady_timer stalled_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::deque<Open> open_;
  std::uint64_t first_ = 0;  // number of open_.front()
  std::size_t held_ = 0;     // bytes of all in open_
  std::size_t counted_ = 0;  // what of this connection is in load_
  std::string writing_bytes_;
  bool reading_ = false;
  bool writing_ = false;
  bool write_scheduled_ = false;
  bool write_moved_ = false;    // since stalled_ was set
  bool watches_write_ = false;  // stalled_ is set
  bool last_request_seen_ = false;
};

}  // namespace edgewise::net::detail
