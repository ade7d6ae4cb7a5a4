#include "site/queue_route.h"

#include <sys/stat.h>

#include "site/made_site_test.h"

namespace edgewise::site::test {
namespace {

using nlohmann::json;

const Deadline kSoon = Deadline::After(std::chrono::minutes(2));

class QueueRoute : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    queue_ = queue::SqliteQueue::Open(folder_ / "queue.db", {.site = "EWR"}).value();
    event::Event event;
    event.type = event::kSampleV1;
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(queue_->Append({{event}}, std::nullopt, kSoon));
    ASSERT_TRUE(queue_->SetAside({"EWR/1/sample/2"}, "planted", kSoon));
    server_ = ServeQueue("EWR", Socket(), *queue_);
    ASSERT_TRUE(server_);
  }
  void TearDown() override {
    server_.reset();
    queue_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path Socket() const { return folder_ / "site.sock"; }
  std::pair<int, json> Ask(std::string method, std::string target) {
    net::HttpClient client(net::Address{"unix:" + Socket().string()});
    const auto answer = client.Send({.method = std::move(method), .target = std::move(target), .headers = {}, .body = {}}, kSoon).value();
    return {answer.status, json::parse(answer.body)};
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("ew-" + LineageId::Random().ToString().substr(0, 12));
  std::unique_ptr<queue::SqliteQueue> queue_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(QueueRoute, ShowsPagesOfEvents) {
  const auto [status, page] = Ask("GET", "/queue/events?lane=sample&after=1&limit=2");
  EXPECT_EQ(status, 200);
  ASSERT_EQ(page["events"].size(), 2U);
  EXPECT_EQ(page["events"][0]["id"], "EWR/1/sample/2");
  EXPECT_EQ(page["events"][0]["reason"], "planted");
  EXPECT_EQ(page["events"][1]["id"], "EWR/1/sample/3");
  EXPECT_EQ(Ask("GET", "/queue/depths").second["lanes"][2]["dead"], 1);
}

TEST_F(QueueRoute, RetriesAndDropsWhatIsSetAside) {
  EXPECT_EQ(Ask("POST", "/queue/retry?id=EWR/1/sample/2").second["id"], "EWR/1/sample/5");
  EXPECT_EQ(Ask("POST", "/queue/drop?id=EWR/1/sample/2").first, 404);
  ASSERT_TRUE(queue_->SetAside({"EWR/1/sample/5"}, "again", kSoon));
  EXPECT_EQ(Ask("POST", "/queue/drop?id=EWR/1/sample/5").first, 200);
}

TEST_F(QueueRoute, BadQuestionsAreRefusedAndSaidWhy) {
  for (const auto* target : {"/queue/events?lane=all&after=0&limit=1", "/queue/events?lane=sample&after=-1&limit=1",
                             "/queue/events?lane=sample&after=0&limit=99999999", "/queue/events?lane=sample&limit=1"}) {
    EXPECT_EQ(Ask("GET", target).first, 400) << target;
  }
  EXPECT_EQ(Ask("POST", "/queue/retry?id=nothing").first, 400);
  EXPECT_EQ(Ask("GET", "/queue/events?lane=sample&after=0&limit=1").first, 200) << "the next honest request works";
}

TEST_F(QueueRoute, TheSocketIsItsOwnersAlone) {
  struct stat status{};
  ASSERT_EQ(stat(Socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

/// A site that runs has such a socket in its folder.
TEST_F(SiteTest, ItsOwnCommandsCanAskASiteThatRuns) {
  if (folder_.string().size() > 90) GTEST_SKIP() << "the temporary folder's path is too long for a socket";
  net::HttpClient client(net::Address{"unix:" + (folder_ / "site.sock").string()});
  const auto answer = client.Send({.method = "GET", .target = "/queue/depths", .headers = {}, .body = {}}, kSoon);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
}

}  // namespace
}  // namespace edgewise::site::test
