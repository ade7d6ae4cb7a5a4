// What the answer to a score waits for, on a disk that is slow, full, or well.

#include "site/durability.h"

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
