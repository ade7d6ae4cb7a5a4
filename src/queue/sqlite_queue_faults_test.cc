// The queue on a disk that fails, fills up and loses its power, at each step of what it does.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/fake_files.h"
#include "base/forwarding_files.h"
#include "queue/sqlite_queue.h"

namespace edgewise::queue {
namespace {

using event::Lane;
using Effect = FakeFiles::Effect;
using Lasts = FakeFiles::Lasts;

const Deadline kSoon = Deadline::After(std::chrono::minutes(5));

/// Somebody who fills a queue from a journal and takes events out of it, and remembers what was acknowledged. A call that fails is made
/// again, as the site does.
class User {
 public:
  explicit User(Files& files) : files_(files) {}

  /// False: the disk does not let it be opened.
  bool Open() {
    if (queue_) return true;
    auto opened = SqliteQueue::Open("/d/queue.db", {.site = "EWR", .files = &files_});
    if (!opened) return false;
    queue_ = std::move(*opened);
    return true;
  }
  void Leave() { queue_.reset(); }

  bool Append() {
    const auto number = appended_ + 1;
    std::vector<event::Event> events(2);
    for (auto& event : events) {
      event.type = event::kSampleV1;
      event.data = "{\"number\":" + std::to_string(number) + "}";
    }
    if (!queue_->Append(events, Origin{number}, kSoon)) return false;
    appended_ = number;
    return true;
  }
  /// Takes the oldest event; one whose settlement may have happened, or not, first.
  bool Take() {
    if (!taking_) {
      const auto got = queue_->Receive(Lane::kSample, 1, kSoon);
      if (!got) return false;
      if (got->empty()) return true;
      taking_ = got->front();
    }
    if (!queue_->Settle(std::vector<Receipt>{taking_->receipt}, kSoon)) return false;
    ++taken_[Number(taking_->event)];
    taking_.reset();
    return true;
  }
  /// What is broken, if anything is. Each number was appended twice; what was acknowledged is there, in order, or was taken.
  std::string Check() {
    if (!Open()) return "it cannot be opened";
    if (taking_ && !Take()) return "an event cannot be settled";
    const auto all = queue_->Receive(Lane::kSample, 10'000, kSoon);
    if (!all) return all.error().message;
    std::map<std::uint64_t, int> there = taken_;
    std::uint64_t before = 0, sequence = 0;
    for (const auto& delivery : *all) {
      const auto number = Number(delivery.event);
      if (number < before || delivery.event.id.sequence <= sequence) return "out of order at " + delivery.receipt.value;
      before = number;
      sequence = delivery.event.id.sequence;
      ++there[number];
    }
    for (std::uint64_t number = 1; number <= appended_; ++number) {
      if (there[number] < 2) return "lost: " + std::to_string(number);
    }
    for (const auto& [number, count] : there) {
      if (number > appended_ + 1) return "invented: " + std::to_string(number);
      if (count > 2 + forgotten_settles_) return "doubled: " + std::to_string(number);
    }
    return "";
  }
  /// A settlement may be lost in a power cut: then its event comes once more.
  void MayComeAgain() { forgotten_settles_ = 1; }
  std::uint64_t appended() const { return appended_; }

 private:
  static std::uint64_t Number(const event::Event& event) { return std::stoull(event.data.substr(event.data.find(':') + 1)); }

  Files& files_;
  std::unique_ptr<SqliteQueue> queue_;
  std::uint64_t appended_ = 0;
  std::optional<Delivery> taking_;
  std::map<std::uint64_t, int> taken_;
  int forgotten_settles_ = 0;
};

/// One life: work, restart, work; each call is tried a few times.
void Live(User& user, const std::function<void()>& mend) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 6; ++i) {
      for (int tries = 0; tries < 4; ++tries) {
        if (user.Open() && user.Append()) break;
        mend();
      }
      if (i % 2 == 0 && user.Open()) user.Take();
    }
    user.Leave();
  }
}

struct Plan {
  const char* name;
  Code code;
  Effect effect;
  Lasts lasts;
};

class QueueFaults : public testing::TestWithParam<Plan> {};

TEST_P(QueueFaults, WhateverStepFailsWhatWasAcknowledgedIsThere) {
  const auto plan = GetParam();
  std::size_t steps = 0;
  for (std::size_t step = 0;; ++step) {
    FakeFiles disk;
    ASSERT_TRUE(disk.MakeDirs("/d"));
    const auto begin = disk.steps();
    User user(disk);
    int failures = 0;
    disk.FailAfter(step, {plan.code, "planted"}, plan.effect, plan.lasts);
    Live(user, [&] {
      if (++failures == 2) disk.Mend();  // a trouble that lasts is over after the second failure
    });
    disk.Mend();
    const bool over = disk.steps() - begin <= step;
    EXPECT_EQ(user.appended(), 18U) << "step " << step << ": it goes on by itself when the trouble is over";
    EXPECT_EQ(user.Check(), "") << "step " << step;
    user.Leave();
    std::mt19937_64 random(step);
    disk.PowerCut(random);
    user.MayComeAgain();
    EXPECT_EQ(user.Check(), "") << "step " << step << ", after a power cut";
    if (over || HasFailure()) break;
    steps = step;
  }
  EXPECT_GT(steps, 200U);
  std::printf("%s: %zu steps failed, one after the other\n", plan.name, steps);
}

INSTANTIATE_TEST_SUITE_P(Disk, QueueFaults,
                         testing::Values(Plan{"EioOnce", Code::kUnavailable, Effect::kNone, Lasts::kOnce},
                                         Plan{"EioHalf", Code::kUnavailable, Effect::kHalf, Lasts::kOnce},
                                         Plan{"EioAll", Code::kUnavailable, Effect::kAll, Lasts::kOnce},
                                         Plan{"EioLasting", Code::kUnavailable, Effect::kNone, Lasts::kUntilMended},
                                         Plan{"FullOnce", Code::kResourceExhausted, Effect::kHalf, Lasts::kOnce},
                                         Plan{"FullLasting", Code::kResourceExhausted, Effect::kHalf, Lasts::kUntilMended}),
                         [](const auto& plan) { return plan.param.name; });

/// Power cuts at random moments; `files` are the disk, or something between.
std::string CutAtRandom(FakeFiles& disk, Files& files, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  User user(files);
  user.MayComeAgain();
  for (int cut = 0; cut < 4; ++cut) {
    for (auto calls = random() % 40; calls > 0; --calls) {
      if (!user.Open()) return "it cannot be opened";
      random() % 3 == 0 ? user.Take() : user.Append();
    }
    disk.PowerCut(random);
    user.Leave();
    if (const auto broken = user.Check(); !broken.empty()) return broken;
  }
  return "";
}

TEST(QueuePower, AfterAPowerCutWhatWasAcknowledgedIsThere) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    FakeFiles disk;
    ASSERT_TRUE(disk.MakeDirs("/d"));
    ASSERT_EQ(CutAtRandom(disk, disk, seed), "") << "seed " << seed;
  }
}

/// The planted bug: says "synced" and does nothing.
class NeverSyncs final : public ForwardingFiles {
 public:
  using ForwardingFiles::ForwardingFiles;
  Result<std::unique_ptr<RandomFile>> OpenRandom(const std::filesystem::path& path, Opening opening) override {
    EDGEWISE_ASSIGN(auto file, ForwardingFiles::OpenRandom(path, opening));
    return std::make_unique<Unsynced>(std::move(file));
  }

 private:
  struct Unsynced final : ForwardingRandomFile {
    using ForwardingRandomFile::ForwardingRandomFile;
    Result<void> Sync() override { return {}; }
  };
};

TEST(QueuePower, ADiskThatOnlySaysItSyncedIsCaught) {  // the control: the test above can fail
  std::set<std::string> broken;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    FakeFiles disk;
    ASSERT_TRUE(disk.MakeDirs("/d"));
    NeverSyncs liar(disk);
    broken.insert(CutAtRandom(disk, liar, seed));
  }
  EXPECT_GT(broken.size(), 1U);
}

// The bytes of a failed sync are readable and never reach the disk: what is appended behind them must not be lost with them.
TEST(QueuePower, NothingIsBuiltOnWhatAFailedSyncLeft) {
  for (std::size_t step = 0; step < 60; ++step) {
    FakeFiles disk;
    ASSERT_TRUE(disk.MakeDirs("/d"));
    User user(disk);
    ASSERT_TRUE(user.Open());
    ASSERT_TRUE(user.Append());
    disk.FailAfter(step, {Code::kUnavailable, "planted"});
    for (int i = 0; i < 10; ++i) user.Append();
    disk.Mend();
    disk.PowerCut();
    user.Leave();
    EXPECT_EQ(user.Check(), "") << "step " << step;
  }
}

}  // namespace
}  // namespace edgewise::queue
