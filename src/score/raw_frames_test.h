#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/deadline.h"

namespace edgewise::score {

/// HTTP/2 frame by frame (RFC 9113), as no well-meaning client would send them.
namespace frames {

enum Type : std::uint8_t { kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kWindowUpdate = 8, kContinuation = 9 };
constexpr std::uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;
using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string Big(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}
inline std::string Frame(Type type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  return Big(payload.size(), 3) + Big(type, 1) + Big(flags, 1) + Big(stream, 4) + std::string(payload);
}
inline std::string Preface(std::string_view settings = {}) { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, settings); }

/// An HPACK string without Huffman coding.
inline std::string Text(std::string_view text) {
  std::string out;
  std::size_t size = text.size();
  if (size < 127) {
    out += static_cast<char>(size);
  } else {
    out += '\x7f';
    for (size -= 127; size > 127; size >>= 7) out += static_cast<char>(size | 0x80);
    out += static_cast<char>(size);
  }
  return out += text;
}
/// Literal fields, in no table.
inline std::string Block(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) out += '\0' + Text(name) + Text(value);
  return out;
}
inline Fields Call(const Fields& more = {}, const std::string& method = "/inference.GRPCInferenceService/ModelInfer") {
  Fields fields{{":method", "POST"}, {":scheme", "http"}, {":path", method}, {":authority", "x"}, {"content-type", "application/grpc"},
                {"te", "trailers"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}
/// A message as gRPC puts it into DATA.
inline std::string Message(std::string_view message, bool compressed = false) {
  return Big(compressed ? 1 : 0, 1) + Big(message.size(), 4) + std::string(message);
}
/// A whole call on `stream`; the message must fit into one frame.
inline std::string Request(std::uint32_t stream, std::string_view message, const Fields& more = {}, bool compressed = false) {
  return Frame(kHeaders, kEndHeaders, stream, Block(Call(more))) + Frame(kData, kEndStream, stream, Message(message, compressed));
}

}  // namespace frames

/// A connection that sends any bytes.
class RawConnection {
 public:
  explicit RawConnection(const std::string& address) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~RawConnection() { close(fd_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  /// Sends until the server closes; reads and forgets what comes meanwhile. False if not all went.
  bool Send(std::string_view bytes) {
    const auto deadline = Deadline::After(std::chrono::seconds(60));
    while (!bytes.empty()) {
      const auto ready = Wait(POLLOUT | POLLIN, deadline);
      if ((ready & POLLIN) != 0 && !Receive()) return false;
      if ((ready & (POLLERR | POLLHUP)) != 0 || ready == 0) return false;
      if ((ready & POLLOUT) == 0) continue;
      const auto n = send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// Whether `text` comes so many times before the server closes.
  bool Gets(std::string_view text, std::size_t times = 1) {
    const auto deadline = Deadline::After(std::chrono::seconds(60));
    while (Count(text) < times) {
      if (Wait(POLLIN, deadline) == 0 || !Receive()) return Count(text) >= times;
    }
    return true;
  }
  /// Whether the server closes.
  bool GetsClosed() {
    const auto deadline = Deadline::After(std::chrono::seconds(60));
    while (Wait(POLLIN, deadline) != 0) {
      if (!Receive()) return true;
    }
    return false;
  }
  /// As a process that dies.
  void Abort() const {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  short Wait(short what, Deadline deadline) const {
    pollfd wanted{fd_, what, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.Left()).count();
    return poll(&wanted, 1, static_cast<int>(left)) > 0 ? wanted.revents : short{0};
  }
  std::size_t Count(std::string_view text) const {
    std::size_t count = 0;
    for (auto at = got_.find(text); at != std::string::npos; at = got_.find(text, at + text.size())) ++count;
    return count;
  }
  bool Receive() {
    char piece[16384];
    const auto n = recv(fd_, piece, sizeof piece, MSG_DONTWAIT);
    if (n <= 0) return false;
    constexpr std::size_t kKept = 1 << 20;
    if (got_.size() > kKept) got_.erase(0, got_.size() / 2);
    got_.append(piece, static_cast<std::size_t>(n));
    return true;
  }

  int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string got_;
};

}  // namespace edgewise::score
