#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "store/store.h"

namespace edgewise::store {

/// A Store in memory for tests. FailNext() makes the next call fail; with `after_effect` the call happens and only its answer is lost.
class FakeStore final : public Store {
 public:
  enum class Effect { kNone, kHappens };
  void FailNext(Error error, Effect effect = Effect::kNone);

  Result<void> Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline deadline) override;
  Result<std::string> Get(std::string_view name, Deadline deadline) override;
  Result<std::vector<std::string>> List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) override;
  Result<std::vector<std::string>> Folders(std::string_view folder, Deadline deadline) override;
  std::size_t size() const { return objects_.size(); }

 private:
  std::optional<Error> TakeFailure();

  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> objects_;
  std::optional<Error> failure_;
  Effect effect_ = Effect::kNone;
};

}  // namespace edgewise::store
