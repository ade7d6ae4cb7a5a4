#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "queue/queue.h"

namespace edgewise::queue {

/// A Queue in memory for tests; FailNext() makes the next call fail without effect.
class FakeQueue final : public Queue {
 public:
  explicit FakeQueue(std::string site, std::uint64_t epoch = 1) : site_(std::move(site)), epoch_(epoch) {}
  void FailNext(Error error);

  Result<std::vector<event::EventId>> Append(std::span<const event::Event> events, std::optional<Origin> through,
                                             Deadline deadline) override;
  Result<Origin> AppendedThrough() override;
  Result<std::vector<Delivery>> Receive(event::Lane lane, std::size_t limit, Deadline deadline) override;
  Result<void> Settle(std::span<const Receipt> receipts, Deadline deadline) override;
  Result<void> SetAside(const Receipt& receipt, std::string_view reason, Deadline deadline) override;
  Result<std::vector<LaneDepth>> Depths() override;

 private:
  struct LaneState {
    std::map<std::uint64_t, event::Event> waiting;
    std::uint64_t dead = 0;
    std::uint64_t appended = 0;
  };
  LaneState& Of(event::Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
  Result<void> TakeFailure();

  std::mutex mutex_;
  std::string site_;
  std::uint64_t epoch_;
  std::array<LaneState, 3> lanes_;
  Origin origin_{0};
  std::optional<Error> failure_;
};

}  // namespace edgewise::queue
