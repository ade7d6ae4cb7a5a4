#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "store/fake_store.h"

namespace edgewise::simulation {

/// A store behind a line that loses requests and replies, delivers late and twice, and is down for days. One thread.
class FaultyStore final : public store::Store {
 public:
  explicit FaultyStore(std::mt19937_64& random) : random_(random) {}

  /// Of a hundred requests so many meet a fault; 0 mends the line and delivers what is late.
  void SetFaults(unsigned percent);
  void Arrive() { DeliverLate(late_.size()); }  ///< All that is late.
  void SetDown(bool down) { down_ = down; }
  /// Objects that hold such a number are refused for what they are.
  void SetPoison(std::function<bool(std::string_view object)> poisonous) { poisonous_ = std::move(poisonous); }
  /// From now on each Put that creates an object is done, and its reply lost.
  void LoseReplies() { loses_replies_ = true; }
  std::uint64_t lost_replies() const { return lost_replies_; }
  bool down() const { return down_; }
  std::uint64_t requests() const { return requests_; }
  store::FakeStore& behind() { return behind_; }

  Result<void> Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline deadline) override;
  Result<std::string> Get(std::string_view name, Deadline deadline) override;
  Result<std::vector<std::string>> List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) override;
  Result<std::vector<std::string>> Folders(std::string_view folder, Deadline deadline) override;

 private:
  Result<void> Reach();
  void DeliverLate(std::size_t most);
  bool Bad() { return random_() % 100 < faults_; }

  std::mt19937_64& random_;
  store::FakeStore behind_;
  unsigned faults_ = 0;
  bool down_ = false, loses_replies_ = false;
  std::uint64_t lost_replies_ = 0;
  std::uint64_t requests_ = 0;
  std::function<bool(std::string_view)> poisonous_ = [](std::string_view) { return false; };
  std::vector<std::function<void()>> late_;
};

}  // namespace edgewise::simulation
