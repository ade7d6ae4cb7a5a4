#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace edgewise::network {

/// What a line does to an exchange, that is a request and its reply.
enum class Fault {
  kNone,
  kDelay,       ///< The request arrives 5 ms late.
  kDrop,        ///< The connection ends before the request arrives.
  kCutRequest,  ///< Half of the request arrives, and the connection ends.
  kCutReply,    ///< The server does it; half of its reply arrives.
  kLoseReply,   ///< The server does it; nothing of its reply arrives. Only of those that created something (201).
  kDuplicate,   ///< The request arrives twice, and the second reply is the one that is given.
  kHalfOpen,    ///< The request arrives nowhere, and the connection stays open without a word.
};

std::string_view FaultName(Fault fault);  ///< "lose-reply"

/// A TCP gate between HTTP/1.1 clients and a server: it listens on a free port of loopback, and passes on what it reads, or does worse.
/// Lifecycle: the constructor listens, the destructor ends all connections and waits for its threads: one that
/// accepts, one a connection.
class TcpGate {
 public:
  explicit TcpGate(std::string upstream);  ///< "127.0.0.1:PORT"
  ~TcpGate();
  const std::string& address() const { return address_; }
  /// From now on half of all exchanges meet it, or with kLoseReply each that creates something.
  void SetFault(Fault fault) { fault_ = fault; }
  std::uint64_t faults() const { return faults_; }  ///< How many did.

 private:
  struct Sockets;

  void Accept();
  void Serve(int client);
  Fault Next();

  std::string upstream_, address_;
  std::unique_ptr<Sockets> sockets_;
  std::atomic<Fault> fault_{Fault::kNone};
  std::atomic<std::uint64_t> faults_{0};
  std::jthread accepting_;
};

}  // namespace edgewise::network
