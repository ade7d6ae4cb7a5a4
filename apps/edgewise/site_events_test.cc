#include <gmock/gmock.h>

#include <sstream>

#include "command_runner_test.h"
#include "queue/sqlite_queue.h"
#include "site/queue_route.h"

namespace edgewise {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const Deadline kSoon = Deadline::After(std::chrono::minutes(2));

/// A site's folder with a queue of five samples, of which two were set aside; the commands find the file free, or a site that has it.
class SiteEvents : public CommandTest, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    std::filesystem::create_directories(In("s"));
    auto queue = queue::SqliteQueue::Open(In("s/queue.db"), {.site = "EWR"}).value();
    event::Event event;
    event.type = event::kSampleV1;
    for (int i = 1; i <= 5; ++i) {
      event.data = R"({"number":)" + std::to_string(i) + "}";
      ASSERT_TRUE(queue->Append({{event}}, std::nullopt, kSoon));
    }
    ASSERT_TRUE(queue->SetAside({"EWR/1/sample/2"}, "the store refused it", kSoon));
    ASSERT_TRUE(queue->SetAside({"EWR/1/sample/3"}, "the store refused it", kSoon));
    if (!GetParam()) return;
    queue_ = std::move(queue);
    if (In("s/site.sock").size() > 100) GTEST_SKIP() << "the temporary folder's path is too long for a socket";
    site_ = site::ServeQueue("EWR", In("s/site.sock"), *queue_);
    ASSERT_TRUE(site_);
  }
  void TearDown() override {
    site_.reset();
    queue_.reset();
    CommandTest::TearDown();
  }
  Answer Events(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "events");
    for (const auto& last : {std::string("--path"), In("s")}) arguments.push_back(last);
    return Run(arguments);
  }

  std::unique_ptr<queue::SqliteQueue> queue_;
  std::unique_ptr<net::HttpServer> site_;
};

TEST_P(SiteEvents, DeadOnesAreListedShownRetriedAndDropped) {
  EXPECT_EQ(Events({"dead", "list"}).out, "EWR/1/sample/2 dead: the store refused it\nEWR/1/sample/3 dead: the store refused it\n");
  const auto shown = json::parse(Events({"dead", "show", "EWR/1/sample/2"}).out);
  EXPECT_EQ(shown["event"]["data"]["number"], 2);
  EXPECT_EQ(Events({"dead", "retry", "EWR/1/sample/2"}).out, "EWR/1/sample/2 waits again as EWR/1/sample/6\n");
  const auto again = Events({"dead", "retry", "EWR/1/sample/2"});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.error, HasSubstr("is not set aside"));
  EXPECT_EQ(Events({"dead", "drop", "--all", "--json"}).out, "{\"id\":\"EWR/1/sample/3\",\"done\":\"is dropped, and counted so\"}\n");
  EXPECT_EQ(Events({"dead", "list"}).out, "nothing is set aside\n");
  EXPECT_EQ(Events({"dead", "drop"}).code, 2) << "neither one nor all";
}

TEST_P(SiteEvents, TheNewestAreShownAllExportedAndEachCounted) {
  const auto tail = Events({"tail", "-n", "2"}).out;
  std::istringstream lines(tail);
  std::vector<int> numbers;
  for (std::string line; std::getline(lines, line);) numbers.push_back(json::parse(line)["data"]["number"]);
  EXPECT_THAT(numbers, testing::ElementsAre(4, 5));
  EXPECT_EQ(Events({"tail", "--lane", "anomaly"}).out, "");
  EXPECT_THAT(Events({"export", "-o", In("all.jsonl")}).out, HasSubstr("5 events"));
  EXPECT_THAT(SystemFiles().Read(In("all.jsonl")).value(), HasSubstr(R"({"id":"EWR/1/sample/2","state":"dead","reason":)"));
  const auto counts = Events({"count", "--json"}).out;
  EXPECT_THAT(counts, HasSubstr(R"({"lane":"sample","waiting":3,"dead":2,"damaged":0,"missing":0,"dropped":0,"appended":5,"waiting_bytes":549)"));
}

TEST_P(SiteEvents, TheTailOfALongLineThatHasLeftIsEmpty) {
  {
    auto own = GetParam() ? nullptr : queue::SqliteQueue::Open(In("s/queue.db"), {.site = "EWR"}).value();
    auto& queue = GetParam() ? *queue_ : *own;
    event::Event event;
    event.type = event::kSampleV1;
    ASSERT_TRUE(queue.Append(std::vector(12'000, event), std::nullopt, kSoon));
    const auto all = queue.Receive(event::Lane::kSample, 20'000, kSoon).value();
    std::vector<queue::Receipt> receipts;
    for (const auto& delivery : all) receipts.push_back(delivery.receipt);
    ASSERT_TRUE(queue.Settle(receipts, kSoon));
  }
  const auto tail = Events({"tail"});
  EXPECT_EQ(tail.code, 0) << tail.error;
  EXPECT_EQ(tail.out, "");
}

INSTANTIATE_TEST_SUITE_P(Where, SiteEvents, testing::Bool(), [](const auto& at) { return at.param ? "AtASiteThatRuns" : "InTheFile"; });

TEST_F(CommandTest, EventsOfAQueueThatIsNotThereOrInUseAreSaidSo) {
  EXPECT_THAT(Run({"events", "count", "--path", In("nothing")}).error, HasSubstr("there is no queue"));
  const auto queue = queue::SqliteQueue::Open(In("queue.db"), {.site = "EWR"}).value();
  const auto locked = Run({"events", "count", "--path", In("")});
  EXPECT_EQ(locked.code, 1);
  EXPECT_THAT(locked.error, HasSubstr("another process owns this queue"));
}

}  // namespace
}  // namespace edgewise
