// A site's disk that was set back to an older image: what the life that was lost has carried, and what it has not.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/fake_files.h"
#include "base/forwarding_files.h"
#include "queue/sqlite_queue.h"
#include "relay/detail/names.h"
#include "relay/relay.h"
#include "store/fake_store.h"

namespace edgewise::relay {
namespace {

const Deadline kSoon = Deadline::After(std::chrono::minutes(2));
constexpr std::string_view kPolicy = R"(
schema = "edgewise.policy.v1"
[[allow]]
type = "io.edgewise.sample.v1"
[allow.fields]
label = { number = 0, min = 0, max = 1 }
)";

/// A disk on which the sync of the folder can fail when a cut is written.
class CutFails final : public ForwardingFiles {
 public:
  explicit CutFails(FakeFiles& disk) : ForwardingFiles(disk), disk_(disk) {}
  bool armed = false;

  Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view bytes) override {
    if (std::exchange(armed, false)) disk_.FailAfter(1, {Code::kUnavailable, "planted"});  // the file, then its folder
    return ForwardingFiles::ReplaceDurably(path, bytes);
  }

 private:
  FakeFiles& disk_;
};

/// Fails the list of one lane, once.
class ListFails final : public store::Store {
 public:
  explicit ListFails(store::Store& store) : store_(store) {}
  std::string fails_at;

  Result<void> Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline deadline) override {
    return store_.Put(name, bytes, deadline);
  }
  Result<std::string> Get(std::string_view name, Deadline deadline) override { return store_.Get(name, deadline); }
  Result<std::vector<std::string>> List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) override {
    if (prefix == fails_at && !std::exchange(fails_at, "").empty()) return Fail(Code::kUnavailable, "planted");
    return store_.List(prefix, after, limit, deadline);
  }
  Result<std::vector<std::string>> Folders(std::string_view folder, Deadline deadline) override { return store_.Folders(folder, deadline); }

 private:
  store::Store& store_;
};

class RelayRestart : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_.MakeDirs("/d")); }
  /// A process that takes the disk as it is.
  void Start(std::uint64_t epoch) {
    relay_.reset();
    queue_.reset();
    queue_ = queue::SqliteQueue::Open("/d/queue.db", {.site = "EWR", .epoch = epoch, .files = &files_}).value();
    relay_ = std::make_unique<Relay>(Options{.site = "EWR", .epoch = epoch, .folder = "/d/relay"},
                                     Policy::FromToml(kPolicy, "policy.toml", "0123456789abcdef-EWR").value(), *queue_, line_, relay_files_,
                                     metrics_);
  }
  void Append(int count, std::string_view type = event::kSampleV1) {
    event::Event event;
    event.type = type;
    event.data = R"({"label":1})";
    for (int i = 0; i < count; ++i) ASSERT_TRUE(queue_->Append({{event}}, std::nullopt, kSoon));
  }
  void Drain() {
    for (int steps = 0; steps < 50; ++steps) {
      const auto did = relay_->Step(true, kSoon);
      ASSERT_TRUE(did) << did.error().message;
      if (!*did) return;
    }
  }
  std::vector<std::string> Objects() {
    auto names = store_.List("", "", 1000, kSoon).value();
    std::erase_if(names, [](const auto& name) { return name.ends_with(detail::kManifestEnding); });
    return names;
  }

  FakeFiles files_;
  CutFails relay_files_{files_};
  Metrics metrics_;
  store::FakeStore store_;
  ListFails line_{store_};
  std::unique_ptr<queue::SqliteQueue> queue_;
  std::unique_ptr<Relay> relay_;
};

TEST_F(RelayRestart, WhatALostLifeHasCarriedGoesNoSecondTimeAndWhatItGaveUpIsSetAside) {
  Start(1);
  Append(2);
  Drain();
  Append(4);
  const auto image = files_.TakeImage();  // 3 to 6 wait
  ASSERT_TRUE(queue_->SetAside({"EWR/1/sample/3"}, "planted", kSoon));
  Append(1);
  Drain();  // 4 to 7
  const auto before = Objects();
  files_.SetBack(image);
  Start(2);
  Append(3);
  Drain();
  auto expected = before;
  expected.push_back("sites/EWR/sample/e000002/000000000007-000000000009.jsonl.zst");
  EXPECT_EQ(Objects(), expected);
  const auto depth = queue_->Depths().value()[static_cast<std::size_t>(event::Lane::kSample)];
  EXPECT_EQ(depth.waiting, 0U);
  EXPECT_EQ(depth.dead, 1U) << "the third";
}

TEST_F(RelayRestart, AStoreThatDoesNotAnswerIsAskedAgainBeforeAnythingGoes) {
  Start(1);
  Append(2);
  const auto image = files_.TakeImage();
  Drain();
  files_.SetBack(image);
  Start(2);
  store_.FailNext({Code::kUnavailable, "planted"});
  EXPECT_FALSE(relay_->Step(true, kSoon));
  Drain();
  EXPECT_EQ(Objects().size(), 1U);
}

TEST_F(RelayRestart, ALoadThatFailedHalfWayBeginsAnew) {
  Start(1);
  Append(4, event::kDisruptionV1);
  const auto image = files_.TakeImage();  // without any cut
  ASSERT_TRUE(queue_->SetAside({"EWR/1/anomaly/2"}, "planted", kSoon));
  Drain();  // 1, and 3 to 4
  files_.SetBack(image);
  Start(2);
  line_.fails_at = "sites/EWR/sample/";  // the anomalies were looked up by then
  EXPECT_FALSE(relay_->Step(true, kSoon));
  Drain();
  const auto depth = queue_->Depths().value()[static_cast<std::size_t>(event::Lane::kAnomaly)];
  EXPECT_EQ(std::pair(depth.waiting, depth.dead), std::pair(std::uint64_t{0}, std::uint64_t{1}))
      << "the second was given up, and is set aside";
  EXPECT_EQ(Objects().size(), 2U);
}

TEST_F(RelayRestart, ACutIsDurableBeforeItIsPut) {
  Start(1);
  Append(1);
  relay_files_.armed = true;
  EXPECT_FALSE(relay_->Step(true, kSoon));
  ASSERT_TRUE(files_.Read("/d/relay/sample.cut")) << "it can be read, and is not durable";
  files_.Kill();
  Start(1);
  ASSERT_TRUE(relay_->Step(true, kSoon));  // carries what it finds
  files_.PowerCut();
  Start(1);
  Append(2);
  Drain();
  EXPECT_EQ(Objects().front(), "sites/EWR/sample/e000001/000000000001-000000000001.jsonl.zst");
  for (const auto& name : Objects()) EXPECT_EQ(name.find("000000000001-000000000003"), std::string::npos) << "the first went twice";
}

TEST(BatchNames, SayWhatIsInThem) {
  const auto range = detail::RangeOf("sites/EWR/sample/e000002/000000000007-000000000009.manifest.json");
  ASSERT_TRUE(range);
  EXPECT_EQ(std::tuple(range->epoch, range->first, range->last), std::tuple(2U, 7U, 9U));
  for (const auto* name : {"", "sites", "sites/EWR/sample/e000002/x-y.json", "sites/EWR/sample/e1/notes", "/", "-", "/e/-"})
    EXPECT_FALSE(detail::RangeOf(name)) << name;
}

}  // namespace
}  // namespace edgewise::relay
