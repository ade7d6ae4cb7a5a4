#include "score/detail/warm_up.h"

#include <gmock/gmock.h>
#include <time.h>

#include <cstring>
#include <numeric>

#include "score/fake_model_engine.h"

namespace edgewise::score::test {
namespace {

using detail::WarmUp;
using detail::Watchdog;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

/// Spends so much CPU time in each run, and so much for each row: the very clock that the warm-up reads, so that a busy machine is no
/// matter.
class BusyEngine final : public ModelEngine {
 public:
  BusyEngine(nanoseconds per_run, nanoseconds per_row) : per_run_(per_run), per_row_(per_row) {}
  const Signature& signature() const override { return fake_.signature(); }
  std::size_t bytes() const override { return 0; }
  Result<std::unique_ptr<Runner>> MakeRunner() const override { return std::make_unique<BusyRunner>(*this, *fake_.MakeRunner()); }
  std::vector<std::size_t> runs() const { return fake_.runs(); }

 private:
  class BusyRunner final : public Runner {
   public:
    BusyRunner(const BusyEngine& engine, std::unique_ptr<Runner> fake) : engine_(engine), fake_(std::move(fake)) {}
    Result<std::span<const TensorView>> Run(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) override {
      const auto end = Now() + engine_.per_run_ + engine_.per_row_ * inputs[0].shape[0];
      while (Now() < end) {
      }
      return fake_->Run(inputs, outputs);
    }

   private:
    static nanoseconds Now() {
      timespec time{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
    }
    const BusyEngine& engine_;
    std::unique_ptr<Runner> fake_;
  };

  FakeModelEngine fake_{2};
  nanoseconds per_run_;
  nanoseconds per_row_;
};

auto Warm(const ModelEngine& engine, std::size_t max_rows, Deadline until = Deadline::Never()) {
  Watchdog watchdog(0);
  return WarmUp(engine, max_rows, watchdog, until.time());
}

TEST(WarmUp, RowsThatCostTheSameTogetherAreNotJoined) {
  const BusyEngine engine(nanoseconds(0), microseconds(3000));
  const auto warm = Warm(engine, 1000);
  ASSERT_TRUE(warm && warm->cost);
  EXPECT_EQ(warm->cost->good_rows, 1U);
  EXPECT_GE(warm->cost->Of(1), microseconds(3000));
  EXPECT_GE(warm->cost->Of(10), microseconds(25000));
  EXPECT_EQ(engine.runs().back(), 2U) << "one doubling says enough";
}

TEST(WarmUp, RowsThatAreCheaperTogetherAreJoined) {
  const BusyEngine engine(microseconds(2000), nanoseconds(0));
  const auto warm = Warm(engine, 1000);
  ASSERT_TRUE(warm && warm->cost);
  EXPECT_EQ(warm->cost->good_rows, 32U);
  EXPECT_LT(warm->cost->further, microseconds(1000));
  const auto bounded = Warm(engine, 5);
  EXPECT_EQ(bounded->cost->good_rows, 4U) << "not more rows than a request may have";
}

TEST(WarmUp, AModelThatRefusesZerosIsNotAtFault) {
  FakeModelEngine engine(2);
  engine.FailNext({Code::kInvalidArgument, "index out of bounds"});
  const auto warm = Warm(engine, 1000);
  ASSERT_TRUE(warm);
  EXPECT_FALSE(warm->cost);
  EXPECT_EQ(warm->refusal, "index out of bounds");
}

TEST(WarmUp, AModelThatDoesNotEndIsStopped) {
  FakeModelEngine engine(2);
  engine.Hold();
  const auto warm = Warm(engine, 1000, Deadline::After(std::chrono::milliseconds(10)));
  ASSERT_TRUE(warm);
  EXPECT_FALSE(warm->cost);
  EXPECT_EQ(warm->refusal, "the run was stopped");
}

TEST(WarmUp, FreeAxesAreOneAndTextsAreEmpty) {
  FakeModelEngine engine(
      {{.name = "text", .type = DataType::kBytes, .shape = {-1, -1}}, {.name = "number", .type = DataType::kInt64, .shape = {-1}}});
  const auto warm = Warm(engine, 1);
  ASSERT_TRUE(warm);
  EXPECT_TRUE(warm->cost) << warm->refusal;
}

/// Gives each value less the mean of its column: what a row gets depends on its neighbours. Cheap per row, so joining would pay.
class CentredEngine final : public ModelEngine {
 public:
  const Signature& signature() const override { return fake_.signature(); }
  std::size_t bytes() const override { return 0; }
  Result<std::unique_ptr<Runner>> MakeRunner() const override { return std::make_unique<CentredRunner>(*busy_.MakeRunner()); }

 private:
  class CentredRunner final : public Runner {
   public:
    explicit CentredRunner(std::unique_ptr<Runner> sums) : sums_(std::move(sums)) {}
    Result<std::span<const TensorView>> Run(std::span<const TensorView> inputs, std::span<const std::size_t> outputs) override {
      EDGEWISE_ASSIGN(const auto sums, sums_->Run(inputs, outputs));
      values_.resize(sums[0].bytes.size() / sizeof(float));
      std::memcpy(values_.data(), sums[0].bytes.data(), sums[0].bytes.size());
      const float mean = std::accumulate(values_.begin(), values_.end(), 0.0F) / static_cast<float>(values_.size());
      for (auto& value : values_) value -= mean;
      view_ = {.type = DataType::kFp32, .shape = sums[0].shape, .bytes = std::as_bytes(std::span(values_)), .strings = {}};
      return std::span<const TensorView>(&view_, 1);
    }

   private:
    std::unique_ptr<Runner> sums_;
    std::vector<float> values_;
    TensorView view_;
  };
  FakeModelEngine fake_{2};
  BusyEngine busy_{microseconds(600), nanoseconds(0)};
};

TEST(WarmUp, RowsThatDependOnTheirNeighboursAreNeverJoined) {
  const CentredEngine engine;
  const auto warm = Warm(engine, 1000);
  ASSERT_TRUE(warm && warm->cost);
  EXPECT_EQ(warm->cost->good_rows, 1U);
}

}  // namespace
}  // namespace edgewise::score::test
