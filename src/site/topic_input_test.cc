#include "site/topic_input.h"

#include <nlohmann/json.hpp>

#include "base/lineage_id.h"
#include "site/made_broker_test.h"
#include "site/made_tap_test.h"

namespace edgewise::site::test {
namespace {

class TopicInputTest : public testing::Test {
 protected:
  void SetUp() override {
    if (Broker::Program().empty()) GTEST_SKIP() << "mosquitto is not installed (tools/bootstrap test installs it)";
    broker_ = std::make_unique<Broker>(folder_);
    application_ = Link("application", "results");
    Open();
    ASSERT_EQ(input_->Step(), false) << "it has subscribed";
  }
  void TearDown() override {
    input_.reset();
    application_.reset();
    broker_.reset();
    std::filesystem::remove_all(folder_);
  }
  static Deadline Soon() { return Deadline::After(std::chrono::seconds(20)); }

  std::unique_ptr<MqttLink> Link(const std::string& client, const std::string& subscribe) const {
    auto link =
        MqttLink::Connect({.broker = broker_->address(), .client = client, .subscribe = subscribe, .user = {}, .password = {}}, Soon());
    EXPECT_TRUE(link) << link.error().message;
    return link ? std::move(*link) : nullptr;
  }
  void Open() {
    input_.reset();
    TopicOptions options{.name = "orders",
                         .broker = broker_->address(),
                         .topic = "orders/#",
                         .to = {InputTarget::Kind::kScore, "late"},
                         .result = "results",
                         .client = "edgewise-EWR-orders",
                         .user = {},
                         .password_file = {}};
    auto opened = TopicInput::Open({.options = options,
                                    .site = "EWR",
                                    .secret = folder_ / "secret",
                                    .ask = site_.ask(),
                                    .files = SystemFiles(),
                                    .metrics = metrics_,
                                    .patience = std::chrono::milliseconds(10)});
    ASSERT_TRUE(opened) << opened.error().message;
    input_ = std::move(*opened);
  }
  void Say(const std::string& payload) { ASSERT_TRUE(application_->Publish({{"orders/7", payload}}, Soon())); }
  nlohmann::json Heard() {
    const auto messages = application_->Receive(Soon());
    EXPECT_TRUE(messages && messages->size() == 1);
    EXPECT_TRUE(application_->Acknowledge(Soon()));
    return messages && !messages->empty() ? nlohmann::json::parse((*messages)[0].payload) : nlohmann::json();
  }
  /// Steps until so many questions were asked.
  Result<bool> StepUntilAsked(std::size_t count, const std::stop_token& stop = {}) {
    const auto deadline = Soon();
    Result<bool> did = false;
    while (site_.questions().size() < count && !deadline.Expired()) did = input_->Step(stop);
    return did;
  }

  const std::string timed_ = R"({"time":"2013-02-08T12:00:00Z","name":"A"})";
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-topic-" + LineageId::Random().ToString());
  MqttLibrary library_;
  Metrics metrics_;
  AskedSite site_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<MqttLink> application_;
  std::unique_ptr<TopicInput> input_;
};

TEST_F(TopicInputTest, AMessageIsScoredItsResultPublishedAndThenItIsAcknowledged) {
  site_.AnswerWith([](const Question&) { return Scored(); });
  Say(timed_);
  EXPECT_EQ(StepUntilAsked(1), true);
  const auto heard = Heard();
  EXPECT_EQ(heard["topic"], "orders/7");
  EXPECT_EQ(heard["request"]["name"], "A");
  EXPECT_EQ(heard["score"], 0.25);
  EXPECT_EQ(site_.questions()[0].name, "late");
  EXPECT_EQ(site_.questions()[0].body, timed_);
  Open();
  Say(R"({"name":"next"})");
  ASSERT_EQ(StepUntilAsked(2), true);
  EXPECT_EQ(site_.questions()[1].body, R"({"name":"next"})") << "the first one does not come again";
}

TEST_F(TopicInputTest, WhatTheSiteDidNotTakeComesAgainAndIsTheSameRowIfItNamesItsTime) {
  Say(timed_);
  Say(R"({"name":"no time"})");
  std::stop_source killed;
  std::thread kill([&] {
    const auto deadline = Soon();
    while (site_.questions().empty() && !deadline.Expired()) std::this_thread::yield();
    killed.request_stop();  // nobody has answered
  });
  EXPECT_FALSE(StepUntilAsked(1, killed.get_token()));
  kill.join();
  const auto before = site_.questions();
  site_.AnswerWith([](const Question&) { return Scored(); });
  Open();
  const auto deadline = Soon();
  while (metrics_.Text().find("outcome=\"taken\",site=\"EWR\",topic=\"orders\"} 2") == std::string::npos && !deadline.Expired())
    (void)input_->Step();
  const auto after = site_.questions();
  ASSERT_EQ(after.size(), before.size() + 2) << "both, once each";
  EXPECT_EQ(after[before.size()].body, timed_);
  EXPECT_EQ(after[before.size()].lineage, before[0].lineage);
}

TEST_F(TopicInputTest, AMessageThatIsRefusedIsAnsweredAndHoldsUpNoOther) {
  site_.AnswerWith([](const Question& question) {
    return question.body == "no json" ? net::HttpResponse::FromError({Code::kInvalidArgument, "planted"}) : Scored();
  });
  Say("no json");
  ASSERT_EQ(StepUntilAsked(1), true);
  const auto heard = Heard();
  EXPECT_EQ(heard["request"], "no json");
  EXPECT_EQ(heard["code"], "INVALID_ARGUMENT");
  Say(timed_);
  ASSERT_EQ(StepUntilAsked(2), true);
  EXPECT_EQ(Heard()["score"], 0.25);
}

TEST_F(TopicInputTest, WhatIsSaidWhileTheSiteIsAwayWaitsAtTheBroker) {
  site_.AnswerWith([](const Question&) { return Scored(); });
  input_.reset();
  Say(timed_);
  Open();
  ASSERT_EQ(StepUntilAsked(1), true);
  EXPECT_EQ(Heard()["request"]["name"], "A");
}

TEST_F(TopicInputTest, ASiteThatIsBusyIsAskedAgainForWhatItDidNotTake) {
  site_.AnswerWith([n = 0](const Question&) mutable {
    return ++n == 1 ? net::HttpResponse::FromError({Code::kResourceExhausted, "planted"}) : Scored();
  });
  Say(timed_);
  ASSERT_EQ(StepUntilAsked(2), true);
  const auto questions = site_.questions();
  ASSERT_EQ(questions.size(), 2U);
  EXPECT_EQ(questions[0].lineage, questions[1].lineage);
}

TEST_F(TopicInputTest, ABrokerThatGoesAndComesBackIsConnectedToAgain) {
  site_.AnswerWith([](const Question&) { return Scored(); });
  broker_->Stop();
  Result<bool> step = true;
  const auto deadline = Soon();
  while (step && !deadline.Expired()) step = input_->Step();
  ASSERT_FALSE(step);
  EXPECT_NE(step.error().message.find(broker_->address()), std::string::npos) << step.error().message;
  broker_->Start();
  ASSERT_EQ(input_->Step(), false);
  application_ = Link("application", "results");
  Say(timed_);
  ASSERT_EQ(StepUntilAsked(1), true);
  EXPECT_EQ(Heard()["score"], 0.25);
}

}  // namespace
}  // namespace edgewise::site::test
