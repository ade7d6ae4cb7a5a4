#include "tcp_gate.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <random>
#include <set>
#include <thread>

namespace edgewise::network {
namespace {

using std::string;
using std::string_view;

constexpr std::size_t kNoEnd = string::npos;

sockaddr_in Loopback(string_view port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::uint16_t number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  at.sin_port = htons(number);
  return at;
}

/// A message's value of a header, in lower case: "content-length".
string_view HeaderOf(string_view head, string_view name) {
  for (auto line = head; !line.empty(); line.remove_prefix(std::min(line.size(), line.find("\r\n") + 2))) {
    const auto text = line.substr(0, line.find("\r\n"));
    const auto colon = text.find(':');
    if (colon != name.size() || strncasecmp(text.data(), name.data(), colon) != 0) continue;
    return text.substr(std::min(text.size(), text.find_first_not_of(' ', colon + 1)));
  }
  return {};
}

/// Bytes of the first message of `bytes`, as its head says; kNoEnd: it is not all there. A reply in chunks ends with the empty one.
std::size_t EndOfMessage(string_view bytes) {
  const auto head = bytes.find("\r\n\r\n");
  if (head == kNoEnd) return kNoEnd;
  const auto body = head + 4;
  if (HeaderOf(bytes.substr(0, body), "transfer-encoding") == "chunked") {
    const auto end = bytes.find("0\r\n\r\n", body);
    return end == kNoEnd ? kNoEnd : end + 5;
  }
  const auto length = HeaderOf(bytes.substr(0, body), "content-length");
  std::size_t size = 0;
  std::from_chars(length.data(), length.data() + length.size(), size);
  return bytes.size() < body + size ? kNoEnd : body + size;
}

void Send(int to, string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Reads until a message is whole, and takes it off `held`; "": the other side ended before.
string ReadMessage(int from, string& held) {
  std::array<char, 65536> piece{};
  auto end = EndOfMessage(held);
  while (end == kNoEnd) {
    const auto got = recv(from, piece.data(), piece.size(), 0);
    if (got <= 0) return {};
    held.append(piece.data(), static_cast<std::size_t>(got));
    end = EndOfMessage(held);
  }
  auto message = held.substr(0, end);
  held.erase(0, end);
  return message;
}

void WaitForTheEnd(int of) {
  char byte = 0;
  while (recv(of, &byte, 1, 0) > 0) {
  }
}

}  // namespace

string_view FaultName(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return "none";
    case Fault::kDelay:
      return "delay";
    case Fault::kDrop:
      return "drop";
    case Fault::kCutRequest:
      return "cut-request";
    case Fault::kCutReply:
      return "cut-reply";
    case Fault::kLoseReply:
      return "lose-reply";
    case Fault::kDuplicate:
      return "duplicate";
    case Fault::kHalfOpen:
      return "half-open";
  }
  return "";
}

/// Those that are open, so that all can be ended.
struct TcpGate::Sockets {
  std::mutex mutex;
  std::set<int> open;
  bool ended = false;
  std::mt19937 random{1};
  int listener = -1;
  std::atomic<int> serving{0};  // threads

  int Add(int socket) {
    const std::scoped_lock lock(mutex);
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (ended) shutdown(socket, SHUT_RDWR);
    open.insert(socket);
    return socket;
  }
  void Close(int socket) {
    const std::scoped_lock lock(mutex);
    open.erase(socket);
    close(socket);
  }
  void EndAll() {
    const std::scoped_lock lock(mutex);
    ended = true;
    shutdown(listener, SHUT_RDWR);
    for (const int socket : open) shutdown(socket, SHUT_RDWR);
  }
};

TcpGate::TcpGate(string upstream) : upstream_(std::move(upstream)), sockets_(std::make_unique<Sockets>()) {
  sockets_->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto at = Loopback("0");
  socklen_t size = sizeof at;
  if (bind(sockets_->listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || listen(sockets_->listener, 64) != 0) std::abort();
  getsockname(sockets_->listener, reinterpret_cast<sockaddr*>(&at), &size);
  address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  accepting_ = std::jthread([this] { Accept(); });
}

TcpGate::~TcpGate() {
  sockets_->EndAll();
  accepting_.join();
  for (int now = sockets_->serving; now > 0; now = sockets_->serving) sockets_->serving.wait(now);
  close(sockets_->listener);
}

void TcpGate::Accept() {
  for (int client = 0; (client = accept4(sockets_->listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    sockets_->Add(client);
    ++sockets_->serving;
    std::thread([this, client] {  // on its own, because there are thousands: the destructor waits for the last
      Serve(client);
      if (--sockets_->serving == 0) sockets_->serving.notify_all();
    })
        .detach();
  }
}

Fault TcpGate::Next() {
  const auto fault = fault_.load();
  const std::scoped_lock lock(sockets_->mutex);
  return fault == Fault::kLoseReply || sockets_->random() % 2 == 0 ? fault : Fault::kNone;  // not each second: a client tries twice at once
}

void TcpGate::Serve(int client) {
  const int server = sockets_->Add(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto at = Loopback(upstream_.substr(upstream_.rfind(':') + 1));
  string requests, replies;
  bool open = connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  while (open) {
    const auto request = ReadMessage(client, requests);
    if (request.empty()) break;
    const auto fault = Next();
    const auto half = [](const string& whole) { return string_view(whole).substr(0, whole.size() / 2); };
    faults_ += fault != Fault::kNone && fault != Fault::kLoseReply ? 1 : 0;
    open = fault != Fault::kDrop && fault != Fault::kCutRequest && fault != Fault::kHalfOpen;
    if (fault == Fault::kDelay) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (fault == Fault::kCutRequest) Send(server, half(request));
    if (fault == Fault::kHalfOpen) WaitForTheEnd(client);
    if (!open) break;
    Send(server, request);
    auto reply = ReadMessage(server, replies);
    if (fault == Fault::kDuplicate) {
      Send(server, request);
      reply = ReadMessage(server, replies);
    }
    if (fault == Fault::kLoseReply && reply.starts_with("HTTP/1.1 201")) {
      ++faults_;
      break;
    }
    Send(client, fault == Fault::kCutReply ? half(reply) : string_view(reply));
    open = fault != Fault::kCutReply && !reply.empty();
  }
  sockets_->Close(server);
  sockets_->Close(client);
}

}  // namespace edgewise::network
