#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace edgewise::site::test {

/// A TCP socket of a test; every wait ends after 20 s.
class Wire {
 public:
  explicit Wire(int descriptor) : fd_(descriptor) {}
  explicit Wire(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to = Loopback(std::stoi(address.substr(address.rfind(':') + 1)));
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0) << address;
  }
  Wire(Wire&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Wire() {
    if (fd_ >= 0) close(fd_);
  }
  static sockaddr_in Loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  bool Ready(short what) const {
    pollfd wanted{fd_, what, 0};
    return poll(&wanted, 1, 20'000) > 0;
  }
  /// In pieces of `piece` bytes at most.
  void Send(std::string_view bytes, std::size_t piece = 1u << 20) const {
    while (!bytes.empty() && Ready(POLLOUT)) {
      const auto sent = send(fd_, bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// So many bytes; fewer when the other side ends first.
  std::string Read(std::size_t bytes) const {
    std::string got;
    while (got.size() < bytes) {
      const auto some = Some(bytes - got.size());
      if (some.empty()) break;
      got += some;
    }
    return got;
  }
  std::string ReadAll() const {
    std::string got;
    for (auto some = Some(1u << 16); !some.empty(); some = Some(1u << 16)) got += some;
    return got;
  }
  void EndSending() const { shutdown(fd_, SHUT_WR); }
  int fd() const { return fd_; }

 private:
  std::string Some(std::size_t most) const {
    std::string piece(std::min<std::size_t>(most, 1u << 16), '\0');
    if (!Ready(POLLIN)) return "";
    const auto n = recv(fd_, piece.data(), piece.size(), 0);
    return piece.substr(0, n > 0 ? static_cast<std::size_t>(n) : 0);
  }
  int fd_;
};

/// Listens at a free port; what each connection does is the test's own.
class Application {
 public:
  Application() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto at = Wire::Loopback(0);
    socklen_t size = sizeof at;
    EXPECT_EQ(bind(listener_.fd(), reinterpret_cast<const sockaddr*>(&at), size), 0);
    EXPECT_EQ(listen(listener_.fd(), 64), 0);
    EXPECT_EQ(getsockname(listener_.fd(), reinterpret_cast<sockaddr*>(&at), &size), 0);
    address_ = fmt::format("127.0.0.1:{}", ntohs(at.sin_port));
  }
  Wire Accept() const {
    EXPECT_TRUE(listener_.Ready(POLLIN));
    return Wire(accept(listener_.fd(), nullptr, nullptr));
  }
  const std::string& address() const { return address_; }

 private:
  Wire listener_;
  std::string address_;
};

}  // namespace edgewise::site::test
