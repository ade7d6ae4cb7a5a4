#include <functional>
#include <utility>

#include "deploy/reconciler_fixture_test.h"

namespace edgewise::deploy::test {
namespace {

using std::chrono::seconds;
using RevivalTest = ReconcilerTest;

/// Does something while the next scorer is being started.
class BusyTarget final : public Target {
 public:
  explicit BusyTarget(Target& target) : target_(target) {}
  Result<std::unique_ptr<Running>> Start(const ModelOnDisk& model, Deadline deadline) override {
    if (const auto now = std::exchange(meanwhile, nullptr)) now();
    return target_.Start(model, deadline);
  }
  std::function<void()> meanwhile;

 private:
  Target& target_;
};

TEST_F(RevivalTest, AModelThatIsNotWantedAnyMoreWhenItsScorerIsBackIsNotLive) {
  BusyTarget busy(fake_);
  Open(busy, seconds(1));
  Offer(1, {registry_.Push(1)});
  Settle();
  fake_.Kill("delay");
  busy.meanwhile = [this] {
    Offer(2, {});
    Step();
  };
  (void)reconciler_->Revive("delay", Soon());
  EXPECT_TRUE(reconciler_->Live().empty());
}

}  // namespace
}  // namespace edgewise::deploy::test
