// Events that the store refuses for what they are must not hold up the others.

#include <gmock/gmock.h>
#include <zstd.h>

#include <sstream>

#include "base/fake_files.h"
#include "queue/sqlite_queue.h"
#include "relay/relay.h"
#include "store/fake_store.h"

namespace edgewise::relay {
namespace {

using event::Lane;
using testing::ElementsAre;

const Deadline kSoon = Deadline::After(std::chrono::minutes(2));
constexpr std::string_view kPolicy = R"(
schema = "edgewise.policy.v1"
[[allow]]
type = "io.edgewise.sample.v1"
[allow.fields]
number = { number = 0, min = 0, max = 1000 }
[[allow]]
type = "io.edgewise.disruption.v1"
[allow.fields]
number = { number = 0, min = 0, max = 1000 }
)";

/// Refuses objects in which a number is poison.
class PickyStore final : public store::Store {
 public:
  Result<void> Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline deadline) override {
    if (picky && name.ends_with(".zst") && Text(bytes.value()).find("\"number\":13}") != std::string::npos) {
      ++refusals;
      return Fail(Code::kInvalidArgument, "no number 13 (planted)");
    }
    return behind.Put(name, bytes, deadline);
  }
  Result<std::string> Get(std::string_view name, Deadline deadline) override { return behind.Get(name, deadline); }
  Result<std::vector<std::string>> List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) override {
    return behind.List(prefix, after, limit, deadline);
  }
  Result<std::vector<std::string>> Folders(std::string_view folder, Deadline deadline) override { return behind.Folders(folder, deadline); }

  static std::string Text(const std::string& packed) {
    std::string text(ZSTD_getFrameContentSize(packed.data(), packed.size()), '\0');
    ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
    return text;
  }

  store::FakeStore behind;
  int refusals = 0;
  bool picky = true;
};

class RelayPoison : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files_.MakeDirs("/d"));
    Start();
  }
  void Start() {
    relay_.reset();
    queue_.reset();
    queue_ = queue::SqliteQueue::Open("/d/queue.db", {.site = "EWR", .files = &files_}).value();
    relay_ = std::make_unique<Relay>(Options{.site = "EWR", .folder = "/d/relay"},
                                     Policy::FromToml(kPolicy, "policy.toml", "0123456789abcdef-EWR").value(), *queue_, store_, files_,
                                     metrics_);
  }
  void Append(std::string_view type, std::initializer_list<int> numbers) {
    std::vector<event::Event> events;
    for (const int number : numbers) {
      event::Event event;
      event.type = type;
      event.data = "{\"number\":" + std::to_string(number) + "}";
      events.push_back(std::move(event));
    }
    ASSERT_TRUE(queue_->Append(events, std::nullopt, kSoon));
  }
  void StepOften(int times = 100) {
    for (int i = 0; i < times; ++i) (void)relay_->Step(true, kSoon);
  }
  /// The last figure of each id that is in the store, in the store's order.
  std::vector<int> Stored(std::string_view lane) {
    std::vector<int> sequences;
    const auto names = store_.behind.List("sites/EWR/" + std::string(lane) + "/", "", 1000, kSoon).value();
    for (const auto& name : names) {
      if (!name.ends_with(".zst")) continue;
      std::istringstream lines(PickyStore::Text(store_.behind.Get(name, kSoon).value()));
      for (std::string line; std::getline(lines, line);) sequences.push_back(static_cast<int>(event::FromJson(line)->id.sequence));
    }
    return sequences;
  }
  queue::LaneDepth Depth(Lane lane) { return queue_->Depths().value()[static_cast<std::size_t>(lane)]; }

  FakeFiles files_;
  Metrics metrics_;
  PickyStore store_;
  std::unique_ptr<queue::SqliteQueue> queue_;
  std::unique_ptr<Relay> relay_;
};

TEST_F(RelayPoison, OneThatIsToBlameIsSetAsideAndTheOthersGoInOrder) {
  Append(event::kSampleV1, {1, 2, 3, 4, 13, 6, 7, 8, 9, 13, 11});
  StepOften();
  EXPECT_THAT(Stored("sample"), ElementsAre(1, 2, 3, 4, 6, 7, 8, 9, 11));
  EXPECT_EQ(Depth(Lane::kSample).dead, 2U);
  EXPECT_EQ(Depth(Lane::kSample).waiting, 0U);
  ASSERT_TRUE(queue_->ForEach([](const queue::SqliteQueue::Kept& kept) -> Result<void> {
    EXPECT_THAT(kept.reason, testing::HasSubstr("refused it 5 times: no number 13"));
    return {};
  }));
  Append(event::kSampleV1, {14});
  StepOften();
  EXPECT_EQ(Stored("sample").back(), 12) << "and so do those that come later";
}

TEST_F(RelayPoison, ALaneInTroubleDoesNotHoldUpTheOthers) {
  Append(event::kDisruptionV1, {13});
  Append(event::kSampleV1, {1, 2});
  EXPECT_FALSE(relay_->Step(true, kSoon)) << "the trouble is said";
  EXPECT_THAT(Stored("sample"), ElementsAre(1, 2));
  EXPECT_EQ(Depth(Lane::kAnomaly).waiting, 1U) << "it was refused once only";
}

TEST_F(RelayPoison, WhatWasSetAsideIsNotSentBehindItsBackAfterARestart) {
  Append(event::kSampleV1, {13});
  StepOften();
  ASSERT_EQ(Depth(Lane::kSample).dead, 1U);
  store_.picky = false;
  Start();
  StepOften();
  EXPECT_TRUE(Stored("sample").empty()) << "an operator retries it, or drops it";
  ASSERT_TRUE(queue_->Retry(event::EventId::Parse("EWR/1/sample/1").value()));
  StepOften();
  EXPECT_THAT(Stored("sample"), ElementsAre(2));
}

TEST_F(RelayPoison, ARestartInBetweenChangesNothing) {
  Append(event::kSampleV1, {1, 13, 3});
  for (int i = 0; i < 40; ++i) {
    StepOften(i % 7);
    Start();
  }
  StepOften();
  EXPECT_THAT(Stored("sample"), ElementsAre(1, 3));
  EXPECT_EQ(Depth(Lane::kSample).dead, 1U);
  EXPECT_GT(store_.refusals, 5);
}

}  // namespace
}  // namespace edgewise::relay
