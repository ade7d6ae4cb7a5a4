#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "deploy/target.h"

namespace edgewise::deploy {

/// A Target for tests: its scorers are FakeEngines whose bias follows from the digest, so that versions answer differently.
/// FailNext() makes the next Start() fail; Kill() lets every running scorer of a model die.
class FakeTarget final : public Target {
 public:
  explicit FakeTarget(std::size_t width = 3) : width_(width) {}
  void FailNext(Error error);
  void Kill(std::string_view name);
  std::vector<ModelOnDisk> starts() const;  ///< What Start() was asked for, in order.
  int running() const;                      ///< Scorers not yet destroyed.

  Result<std::unique_ptr<Running>> Start(const ModelOnDisk& model, Deadline deadline) override;

 private:
  class Scorer;

  std::size_t width_;
  mutable std::mutex mutex_;
  std::optional<Error> failure_;
  std::vector<ModelOnDisk> starts_;
  std::multimap<std::string, std::shared_ptr<std::atomic<bool>>, std::less<>> alive_;  // shared with the scorer
};

}  // namespace edgewise::deploy
