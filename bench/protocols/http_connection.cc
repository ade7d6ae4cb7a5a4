#include "http_connection.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace edgewise::bench {
namespace {

/// Of the header lines before `end`; nothing when there is no Content-Length.
std::optional<std::size_t> ContentLength(std::string_view head) {
  constexpr std::string_view kName = "content-length:";
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    if (head.size() < at + 2 + kName.size() || strncasecmp(head.data() + at + 2, kName.data(), kName.size()) != 0) continue;
    auto value = head.substr(at + 2 + kName.size());
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    std::size_t length = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), length).ec == std::errc()) return length;
  }
  return std::nullopt;
}

}  // namespace

HttpConnection::HttpConnection(const sockaddr_in& server) : server_(server) { Reconnect(); }
HttpConnection::~HttpConnection() { Close(); }

void HttpConnection::Close() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

void HttpConnection::Reconnect() {
  Close();
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0 || connect(socket_, reinterpret_cast<const sockaddr*>(&server_), sizeof server_) != 0) {
    throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
  }
  const int yes = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(socket_, F_SETFL, O_NONBLOCK);
  state_ = State::kIdle;
  answer_.clear();
}

HttpConnection::State HttpConnection::Send(std::string_view request) {
  left_ = request;
  answer_.clear();
  state_ = State::kWaiting;
  return Write();
}

HttpConnection::State HttpConnection::Continue() {
  if (state_ == State::kIdle) return Read();  // readable without a question: the server hung up
  if (!left_.empty() && Write() == State::kBroken) return State::kBroken;
  return Read();
}

HttpConnection::State HttpConnection::Write() {
  while (!left_.empty()) {
    const auto sent = send(socket_, left_.data(), left_.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? state_ : state_ = State::kBroken;
    left_.remove_prefix(static_cast<std::size_t>(sent));
  }
  return state_;
}

HttpConnection::State HttpConnection::Read() {
  std::array<char, 65536> part;
  for (;;) {
    const auto got = recv(socket_, part.data(), part.size(), 0);
    if (got < 0 && errno == EAGAIN) return state_;
    if (got <= 0) return state_ = State::kBroken;
    answer_.append(part.data(), static_cast<std::size_t>(got));
    if (const auto finished = Finished()) return *finished;
  }
}

std::optional<HttpConnection::State> HttpConnection::Finished() {
  const auto end = answer_.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  const auto length = ContentLength(std::string_view(answer_).substr(0, end + 2));
  if (!length) return state_ = State::kBroken;
  if (answer_.size() < end + 4 + *length) return std::nullopt;
  state_ = State::kIdle;
  return answer_.compare(0, 12, "HTTP/1.1 200") == 0 ? State::kAnswered : State::kRefused;
}

}  // namespace edgewise::bench
