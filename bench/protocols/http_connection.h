#pragma once

#include <netinet/in.h>

#include <optional>
#include <string>
#include <string_view>

namespace edgewise::bench {

/// One kept connection of a load tool: one request at a time, never waits.
/// Lifecycle: connects when made and again by Reconnect(); closes at its end. Replies must carry Content-Length.
/// Errors: std::runtime_error when it cannot connect; a broken connection is an answer (kBroken).
class HttpConnection {
 public:
  enum class State { kIdle, kWaiting, kAnswered, kRefused, kBroken };  ///< Refused: a status other than 200.

  explicit HttpConnection(const sockaddr_in& server);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  int socket() const { return socket_; }
  bool idle() const { return state_ == State::kIdle; }
  /// Begins a request; `request` must live until its answer came.
  State Send(std::string_view request);
  /// Goes on when the socket is ready. After kAnswered and kRefused the connection is idle again, after kBroken it needs Reconnect().
  State Continue();
  void Reconnect();

 private:
  State Write();
  State Read();
  std::optional<State> Finished();
  void Close();

  sockaddr_in server_;
  int socket_ = -1;
  State state_ = State::kIdle;
  std::string_view left_;  // of the request
  std::string answer_;
};

}  // namespace edgewise::bench
