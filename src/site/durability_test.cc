// What the answer to a score waits for, on a disk that is slow, full, or well.

#include "site/durability.h"

#include <algorithm>
#include <condition_variable>

#include "base/forwarding_files.h"
#include "site/made_site_test.h"

namespace edgewise::site::test {
namespace {

/// A disk whose syncs wait while it is stuck, and whose writes fail while it is full.
class StuckFiles final : public ForwardingFiles {
 public:
  StuckFiles() : ForwardingFiles(SystemFiles()) {}

  void Stick(bool stuck) {
    const std::lock_guard lock(mutex_);
    stuck_ = stuck;
    changed_.notify_all();
  }
  std::atomic<bool> full = false;

  class Stuck final : public File {
   public:
    Stuck(std::unique_ptr<AppendFile> file, StuckFiles& files) : File(std::move(file)), files_(files) {}
    Result<void> Append(std::string_view bytes) override {
      return files_.full ? Fail(Code::kResourceExhausted, "no space left (planted)") : File::Append(bytes);
    }
    Result<void> Sync() override {
      std::unique_lock lock(files_.mutex_);
      files_.changed_.wait(lock, [this] { return !files_.stuck_; });
      return File::Sync();
    }

   private:
    StuckFiles& files_;
  };
  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) override {
    EDGEWISE_ASSIGN(auto file, ForwardingFiles::OpenAppend(path));
    return std::make_unique<Stuck>(std::move(file), *this);
  }

 private:
  std::mutex mutex_;  // guards stuck_
  std::condition_variable changed_;
  bool stuck_ = false;
};

class DurabilityTest : public SiteTest {
 protected:
  Files& files() override { return disk_; }
  Site::Options Made() override {
    auto options = SiteTest::Made();
    options.most_backlog = 5;
    options.durability = by_model_;
    return options;
  }
  void TearDown() override {
    disk_.Stick(false);
    disk_.full = false;
    SiteTest::TearDown();
  }
  net::HttpResponse Ask(std::string_view durability, int number = 0) {
    return Post(fmt::format("/score/late?durability={}", durability), Asked(10, "row" + std::to_string(number)));
  }
  std::string Shed() {
    const auto text = metrics_.Text();
    const auto at = text.find("edgewise_site_shed_total{");
    return at == std::string::npos ? "" : text.substr(text.find("} ", at) + 2, text.find('\n', at) - text.find("} ", at) - 2);
  }

  StuckFiles disk_;
  DurabilityByModel by_model_;
};

TEST_F(DurabilityTest, OnADiskThatStandsStillOnlyWhoAskedForItWaits) {
  WaitUntilLive();
  disk_.Stick(true);
  int answered = 0;
  for (int i = 0; i < 5; ++i) answered += Ask("queued", i).status == 200 ? 1 : 0;
  EXPECT_EQ(answered, 5);
  for (int i = 5; i < 20; ++i) EXPECT_EQ(Ask("queued", i).status, 429) << "there is no place left";
  EXPECT_EQ(Shed(), "0");
  const auto none = nlohmann::json::parse(Ask("none", 20).body);
  EXPECT_TRUE(none["score"].is_number());
  EXPECT_TRUE(none["lineage"].is_null()) << "it is not kept";
  EXPECT_EQ(Shed(), "1") << "and that is counted";
  disk_.Stick(false);
  WaitUntil([&] { return Ask("stored-locally", 21).status == 200; });
}

TEST_F(DurabilityTest, OnAFullDiskScoresGoOnAndTheSiteRecoversByItself) {
  WaitUntilLive();
  disk_.full = true;
  EXPECT_EQ(Ask("stored-locally").status, 429);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(Ask("none", i).status, 200);
  EXPECT_GT(std::stod(Shed()), 40);
  disk_.full = false;
  WaitUntil([&] { return Ask("stored-locally", 99).status == 200; });
  EXPECT_TRUE(nlohmann::json::parse(Ask("none", 100).body)["lineage"].is_string()) << "kept again";
}

/// A site whose queue is full and blocks, and from which nothing leaves.
class FullQueueTest : public SiteTest {
 protected:
  Site::Options Made() override {
    auto options = SiteTest::Made();
    options.queue_bytes = queue_bytes_;
    if (!leaves_) options.policy.reset();
    return options;
  }
  std::uint64_t queue_bytes_ = 6000;
  bool leaves_ = false;
};

TEST_F(FullQueueTest, ItStartsAndScoresAndLosesNothingWhenThereIsRoomAgain) {
  Open();
  WaitUntilLive();
  constexpr int kRows = 16;
  for (int i = 0; i < kRows; ++i) ASSERT_EQ(Score(10, "row" + std::to_string(i)).status, 200);
  for (int i = 0; i < kRows; ++i) ASSERT_EQ(Stop(static_cast<std::uint64_t>(i) + 1, 100, "row" + std::to_string(i), 30).status, 200);
  Open();  // again
  WaitUntilLive();
  EXPECT_EQ(Score(110, "more").status, 200);
  leaves_ = true;
  Open();
  WaitUntil([&] { return StoredSamples() == kRows; });
}

/// Prints how long scores that wait for nothing take beside a sick disk, as multiples of beside one that is well: medians of five
/// interleaved rounds. Figures, no thresholds: this machine has other things to do.
TEST_F(DurabilityTest, PrintsHowScoresFareBesideASickDisk) {
  WaitUntilLive();
  const auto round = [&] {
    std::vector<double> milliseconds;
    for (int i = 0; i < 300; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_EQ(Ask("none", i).status, 200);
      milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    std::ranges::sort(milliseconds);
    return std::pair(milliseconds[150], milliseconds[297]);
  };
  const auto median = [](std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  };
  std::map<std::string, std::vector<double>> p50, p99;
  for (int i = 0; i < 5; ++i) {
    const auto well = round();
    disk_.Stick(true);
    const auto slow = round();
    disk_.Stick(false);
    disk_.full = true;
    EXPECT_EQ(Ask("stored-locally", 500 + i).status, 429);  // finds it
    const auto full = round();
    disk_.full = false;
    WaitUntil([&] { return Ask("stored-locally", 900).status == 200; });
    p50["slow"].push_back(slow.first / well.first);
    p99["slow"].push_back(slow.second / well.second);
    p50["full"].push_back(full.first / well.first);
    p99["full"].push_back(full.second / well.second);
  }
  for (const auto* disk : {"slow", "full"})
    fmt::print("S11 disk={} p50={:.2f}x p99={:.2f}x of a disk that is well\n", disk, median(p50[disk]), median(p99[disk]));
}

TEST_F(DurabilityTest, AModelHasADefaultAndARequestItsOwnWord) {
  by_model_ = {{"", Durability::kStoredLocally}, {"late", Durability::kNone}};
  Open();
  WaitUntilLive();
  disk_.Stick(true);
  EXPECT_EQ(Score(10, "a").status, 200) << "the model's default";
  net::HttpRequest request{.method = "POST", .target = "/score/late", .headers = {{"Durability", "queued"}}, .body = Asked(10, "b")};
  EXPECT_EQ(client_->Send(request, Deadline::After(seconds(20)))->status, 200);
  const auto wrong = Ask("sure");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("none, queued or stored-locally"), std::string::npos) << wrong.body;
}

}  // namespace
}  // namespace edgewise::site::test
