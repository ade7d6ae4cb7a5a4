#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/deadline.h"

namespace edgewise::net {

/// Sends any bytes to a server on 127.0.0.1, as no well-meaning client would. Shared by the tests of this folder.
class RawClient {
 public:
  /// `address`: "127.0.0.1:port".
  explicit RawClient(const std::string& address) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// Sends as much as the server takes until `deadline`; answers how many bytes that was.
  std::size_t Send(std::string_view bytes, Deadline deadline = Deadline::After(std::chrono::seconds(10))) {
    std::size_t sent = 0;
    while (sent < bytes.size() && Wait(POLLOUT, deadline)) {
      const auto n = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    return sent;
  }
  /// All that comes until the server closes, or time is up.
  std::string ReadAll(Deadline deadline = Deadline::After(std::chrono::seconds(20))) {
    std::string got;
    std::string piece(1u << 20, '\0');
    while (Wait(POLLIN, deadline)) {
      const auto n = recv(fd_, piece.data(), piece.size(), 0);
      if (n <= 0) {
        closed_ = true;
        break;
      }
      got.append(piece, 0, static_cast<std::size_t>(n));
    }
    return got;
  }
  /// One piece, of `most` bytes at most; 0 when nothing came.
  std::size_t ReadSome(std::size_t most, Deadline deadline = Deadline::After(std::chrono::seconds(10))) {
    std::string piece(most, '\0');
    if (!Wait(POLLIN, deadline)) return 0;
    const auto n = recv(fd_, piece.data(), piece.size(), 0);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  void EndSending() { shutdown(fd_, SHUT_WR); }
  bool closed() const { return closed_; }  ///< By the server, as the last read saw it.

 private:
  bool Wait(short what, Deadline deadline) const {
    pollfd wanted{fd_, what, 0};
    return poll(&wanted, 1, static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(deadline.Left()).count())) > 0;
  }
  int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool closed_ = false;
};

}  // namespace edgewise::net
