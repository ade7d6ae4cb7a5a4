#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

struct mosquitto;

namespace edgewise::site {

/// Makes libmosquitto usable as long as one of these lives. One thread at a time makes and ends them.
class MqttLibrary {
 public:
  MqttLibrary();
  ~MqttLibrary();
  MqttLibrary(const MqttLibrary&) = delete;
  MqttLibrary& operator=(const MqttLibrary&) = delete;
};

/// One connection to an MQTT 5 broker (libmosquitto), with QoS 1 in both directions.
/// Acknowledgement: what Receive() gave is acknowledged by Acknowledge() and not before. The library puts its PUBACK into a queue that is
/// written only when we say so; as long as something is not acknowledged nothing else is written either, so hold it less than a minute.
/// Lifecycle: Connect() answers when the broker has; the end closes the connection and drops what was not written, so that the broker gives
/// unacknowledged messages again. Errors: kUnavailable (no connection, or it was lost), kDeadlineExceeded, kInvalidArgument (address),
/// kPermissionDenied (the broker refuses client, password or topic), kCancelled (`stop`). Threads: one at a time.
class MqttLink {
 public:
  struct Options {
    std::string broker;  ///< "127.0.0.1:1883", numeric or localhost.
    std::string client;
    std::string subscribe;  ///< "" = nothing. The broker then keeps messages for a client that is away, for 7 days.
    std::string user, password;
  };
  struct Message {
    std::string topic, payload;
  };
  static constexpr std::size_t kMostUnacknowledged = 64;
  static constexpr std::uint32_t kLargestPacket = (1u << 20) + (64u << 10);  ///< Bytes; a larger one the broker keeps to itself.

  static Result<std::unique_ptr<MqttLink>> Connect(const Options& options, Deadline deadline, const std::stop_token& stop = {});
  ~MqttLink();
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  /// What is there, at most kMostUnacknowledged with what is not acknowledged yet; waits for the first. None when the deadline passes.
  Result<std::vector<Message>> Receive(Deadline deadline, const std::stop_token& stop = {});
  Result<void> Acknowledge(Deadline deadline);
  /// Answers when the broker has all of them.
  Result<void> Publish(const std::vector<Message>& messages, Deadline deadline);
  /// To be called now and then when nothing else is: so the broker knows that we live, and we whether it does.
  Result<void> Tend(Deadline deadline);

 private:
  MqttLink() = default;
  struct Callbacks;
  Result<void> Turn(bool writes, Deadline deadline);
  Result<void> Flush(Deadline deadline);
  Result<void> Check(int code);
  bool Readable() const;

  mosquitto* client_ = nullptr;
  int wake_ = -1;  // eventfd: somebody wants us to stop
  std::string broker_;
  std::optional<int> connected_;  // the broker's answer
  bool subscribed_ = false;
  bool refused_ = false;  // a subscription, or a message
  std::deque<Message> inbox_;
  std::size_t unacknowledged_ = 0;
  std::size_t published_ = 0;  // of the messages of this Publish()
};

}  // namespace edgewise::site
