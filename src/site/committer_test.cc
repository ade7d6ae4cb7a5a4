#include "site/committer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "base/forwarding_files.h"
#include "base/lineage_id.h"
#include "queue/fake_queue.h"

namespace edgewise::site {
namespace {

/// The system's files, but a sync waits until it may go on.
class GatedFiles final : public ForwardingFiles {
 public:
  GatedFiles() : ForwardingFiles(SystemFiles()) {}

  class Gated final : public File {
   public:
    Gated(std::unique_ptr<AppendFile> file, std::shared_future<void>& open) : File(std::move(file)), open_(open) {}
    Result<void> Sync() override {
      if (open_.valid()) open_.wait();
      return File::Sync();
    }

   private:
    std::shared_future<void>& open_;
  };
  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) override {
    EDGEWISE_ASSIGN(auto file, ForwardingFiles::OpenAppend(path));
    return std::make_unique<Gated>(std::move(file), gate);
  }

  std::shared_future<void> gate;  // not valid: open
};

class CommitterTest : public testing::Test {
 protected:
  void SetUp() override {
    journal_ = Journal::Open(files_, folder_ / "journal", {}).value();
    log_ = ScoreLog::Open(folder_ / "scores.db").value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  GatedFiles files_;
  std::filesystem::path folder_ = [] {
    auto folder = std::filesystem::temp_directory_path() / ("edgewise-committer-" + LineageId::Random().ToString());
    std::filesystem::create_directories(folder);
    return folder;
  }();
  queue::FakeQueue queue_{"EWR"};
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<ScoreLog> log_;
};

TEST_F(CommitterTest, ARepetitionIsAcknowledgedNoSoonerThanWhatItRepeats) {
  std::promise<void> open;
  files_.gate = open.get_future().share();
  std::atomic<int> answered{0};
  {
    Committer committer({.journal = *journal_, .queue = queue_, .log = *log_, .files = files_, .snapshot = folder_ / "snapshot.bin"});
    committer.Add({.entry = "first", .effects = {}, .done = [&](const Result<void>&) { ++answered; }, .clock = {}});
    committer.Add({.entry = {}, .effects = {}, .done = [&](const Result<void>&) { ++answered; }, .clock = {}});
    EXPECT_FALSE(committer.Drain(Deadline::After(std::chrono::milliseconds(50))));  // the disk is busy
    EXPECT_EQ(answered, 0);
    open.set_value();
    EXPECT_TRUE(committer.Drain(Deadline::After(std::chrono::seconds(10))));
  }
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(static_cast<std::uint64_t>(journal_->last()), 1U);  // the barrier is no entry
}

TEST_F(CommitterTest, SettledIsSaidWhenEffectsAreInTheQueueAndNotBefore) {
  std::atomic<std::int64_t> settled{0};
  Committer committer({.journal = *journal_,
                       .queue = queue_,
                       .log = *log_,
                       .files = files_,
                       .snapshot = folder_ / "snapshot.bin",
                       .settled = [&](EventTime clock) { settled = clock.ms; }});
  queue_.FailNext({Code::kUnavailable, "planted: no queue"});
  Effects effects;
  effects.events.emplace_back().type = event::kInsightV1;
  committer.Add({.entry = "one", .effects = effects, .done = {}, .clock = {100}});
  EXPECT_FALSE(committer.Drain(Deadline::After(std::chrono::seconds(10))));
  EXPECT_EQ(settled, 0);
  const auto drained = committer.Drain(Deadline::After(std::chrono::seconds(10)));
  EXPECT_TRUE(drained) << drained.error().message;
  EXPECT_EQ(settled, 100);
}

}  // namespace
}  // namespace edgewise::site
