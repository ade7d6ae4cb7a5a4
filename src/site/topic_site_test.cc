#include <fstream>

#include "site/made_broker_test.h"
#include "site/made_site_test.h"

namespace edgewise::site::test {
namespace {

/// A site that listens to a topic of a real broker.
class TopicSiteTest : public SiteTest {
 protected:
  void SetUp() override {
    if (Broker::Program().empty()) GTEST_SKIP() << "mosquitto is not installed (tools/bootstrap test installs it)";
    broker_ = std::make_unique<Broker>(files_of_broker_);
    SiteTest::SetUp();
  }
  void TearDown() override {
    SiteTest::TearDown();
    broker_.reset();
    std::filesystem::remove_all(files_of_broker_);
  }
  Site::Options Made() override {
    auto options = SiteTest::Made();
    options.inputs.topics = {{.name = "orders",
                              .broker = broker_->address(),
                              .topic = "orders",
                              .to = {InputTarget::Kind::kScore, "late"},
                              .result = "results",
                              .client = "edgewise-EWR-orders",
                              .user = {},
                              .password_file = {}}};
    return options;
  }
  static Deadline Soon() { return Deadline::After(seconds(20)); }

  MqttLibrary library_;
  std::filesystem::path files_of_broker_ = std::filesystem::temp_directory_path() / ("edgewise-broker-" + LineageId::Random().ToString());
  std::unique_ptr<Broker> broker_;
};

TEST_F(TopicSiteTest, AMessageThatIsSaidTwiceIsOneRowWithOneAnswerEvenOnceItIsLabelled) {
  WaitUntilLive();
  auto link = MqttLink::Connect({.broker = broker_->address(), .client = "application", .subscribe = "results", .user = {}, .password = {}},
                                Soon());
  ASSERT_TRUE(link) << link.error().message;
  const auto payload = fmt::format(R"({{"time":"{}","name":"A","due":"{}","amount":0.5}})", At(0), At(60));
  std::vector<nlohmann::json> results;
  const auto await_results = [&](std::size_t count) {
    while (results.size() < count) {
      const auto messages = (*link)->Receive(Soon());
      ASSERT_TRUE(messages && !messages->empty());
      for (const auto& message : *messages) results.push_back(nlohmann::json::parse(message.payload));
      ASSERT_TRUE((*link)->Acknowledge(Soon()));
    }
  };
  // The site may not have subscribed yet: its first result says that it has.
  WaitUntil([&] {
    EXPECT_TRUE((*link)->Publish({{"orders", payload}}, Soon()));
    const auto heard = (*link)->Receive(Deadline::After(std::chrono::milliseconds(50)));
    for (const auto& message : *heard) results.push_back(nlohmann::json::parse(message.payload));
    EXPECT_TRUE((*link)->Acknowledge(Soon()));
    return !results.empty();
  });
  ASSERT_EQ(Stop(1, 100, "A", 30).status, 200);  // labels it, a moment after it was scored
  ASSERT_TRUE((*link)->Publish({{"orders", payload}, {"orders", payload}}, Soon()));
  await_results(3);
  for (const auto& result : results) EXPECT_EQ(result["lineage"], results[0]["lineage"]) << result.dump();
  EXPECT_EQ(Status()["scored"], 1);
  EXPECT_EQ(Status()["labelled"], 1);
}

}  // namespace
}  // namespace edgewise::site::test
