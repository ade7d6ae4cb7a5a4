#include "queue/sqlite_queue.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "queue/detail/checksum.h"

namespace edgewise::queue {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using State = SqliteQueue::Kept::State;

const Deadline kSoon = Deadline::After(std::chrono::minutes(5));

/// A queue's file, opened again and again, and what is done to it in between.
class SqliteQueueFile : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  Result<std::unique_ptr<SqliteQueue>> Open(std::uint64_t epoch = 1) const {
    return SqliteQueue::Open(file_, {.site = "EWR", .epoch = epoch});
  }
  static event::Event Sample(int number) {
    event::Event event;
    event.type = event::kSampleV1;
    event.data = R"({"number":)" + std::to_string(number) + "}";
    return event;
  }
  void Fill(int samples) const {
    const auto queue = Open().value();
    for (int i = 1; i <= samples; ++i) ASSERT_TRUE(queue->Append({{Sample(i)}}, std::nullopt, kSoon));
  }
  /// By somebody who knows SQLite.
  void Execute(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
    sqlite3_close(database);
  }
  std::string Bytes() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Write(const std::string& bytes) const { std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes; }
  static std::vector<std::pair<std::string, State>> All(SqliteQueue& queue) {
    std::vector<std::pair<std::string, State>> all;
    EXPECT_TRUE(queue.ForEach([&](const SqliteQueue::Kept& kept) -> Result<void> {
      all.emplace_back(kept.id.ToString(), kept.state);
      return {};
    }));
    return all;
  }

  static LaneDepth SampleDepth(SqliteQueue& queue) { return queue.Depths().value()[static_cast<std::size_t>(event::Lane::kSample)]; }

  fs::path folder_ = fs::temp_directory_path() / ("edgewise-queue-file-" + std::to_string(getpid()));
  fs::path file_ = folder_ / "queue.db";
};

TEST_F(SqliteQueueFile, ADamagedRecordCostsItselfAndIsKeptAside) {
  Fill(3);
  Execute("UPDATE events SET body = replace(body, '\"number\":2', '\"number\":5') WHERE sequence = 2");
  const auto queue = Open().value();
  const auto got = queue->Receive(event::Lane::kSample, 10, kSoon).value();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].event.id.sequence, 1U);
  EXPECT_EQ(got[1].event.id.sequence, 3U);
  const auto depth = SampleDepth(*queue);
  EXPECT_EQ(depth.waiting, 2U);
  EXPECT_EQ(depth.damaged, 1U);
  EXPECT_EQ(depth.dead, 0U);
  EXPECT_THAT(All(*queue), testing::ElementsAre(std::pair("EWR/1/sample/1", State::kWaiting), std::pair("EWR/1/sample/2", State::kDamaged),
                                                std::pair("EWR/1/sample/3", State::kWaiting)));
}

TEST_F(SqliteQueueFile, ARecordInAnothersPlaceIsDamaged) {
  Fill(2);
  Execute("UPDATE events SET sequence = 7 WHERE sequence = 2");
  const auto queue = Open().value();
  EXPECT_EQ(queue->Receive(event::Lane::kSample, 10, kSoon)->size(), 1U);
  EXPECT_EQ(SampleDepth(*queue).damaged, 1U);
}

TEST_F(SqliteQueueFile, WithoutAnOriginTheOriginStays) {
  const auto queue = Open().value();
  ASSERT_TRUE(queue->Append({{Sample(1)}}, Origin{5}, kSoon));
  EXPECT_EQ(queue->Append({{Sample(2)}}, std::nullopt, kSoon)->front().sequence, 2U);
  EXPECT_EQ(queue->AppendedThrough(), Origin{5});
}

TEST_F(SqliteQueueFile, FilesOfFormat1AreUpgraded) {
  std::string event = event::ToJson([] {
    auto sample = Sample(1);
    sample.id = {"EWR", 1, event::Lane::kSample, 4};
    return sample;
  }());
  Execute(R"(
    CREATE TABLE events(lane INTEGER, sequence INTEGER, body TEXT NOT NULL, PRIMARY KEY(lane, sequence)) WITHOUT ROWID;
    CREATE TABLE dead(lane INTEGER, sequence INTEGER, body TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY(lane, sequence)) WITHOUT ROWID;
    CREATE TABLE lanes(lane INTEGER PRIMARY KEY, appended INTEGER NOT NULL);
    INSERT INTO lanes VALUES(0, 0), (1, 0), (2, 4);
    CREATE TABLE owner(one INTEGER PRIMARY KEY CHECK(one = 1), site TEXT NOT NULL, origin INTEGER NOT NULL);
    INSERT INTO owner VALUES(1, 'EWR', 9);
    INSERT INTO dead VALUES(2, 2, '{}', 'poison'), (2, 3, 'x', 'damaged record');
    INSERT INTO events VALUES(2, 4, ')" +
          event + R"(');
    PRAGMA journal_mode=WAL;
    PRAGMA user_version=1;)");
  for (int round = 0; round < 2; ++round) {
    const auto queue = Open();
    ASSERT_TRUE(queue) << queue.error().message;
    EXPECT_EQ((*queue)->AppendedThrough(), Origin{9});
    EXPECT_EQ((*queue)->Receive(event::Lane::kSample, 10, kSoon)->at(0).event.id.ToString(), "EWR/1/sample/4");
    const auto depth = (*queue)->Depths().value()[static_cast<std::size_t>(event::Lane::kSample)];
    EXPECT_EQ(std::tuple(depth.waiting, depth.dead, depth.damaged, depth.appended), std::tuple(1U, 1U, 1U, 4U));
  }
}

TEST_F(SqliteQueueFile, FilesOfFormat2GetTheirCounts) {
  Fill(5);
  {
    const auto queue = Open().value();
    ASSERT_TRUE(queue->Settle(std::vector<Receipt>{{"EWR/1/sample/1"}, {"EWR/1/sample/2"}}, kSoon));
    ASSERT_TRUE(queue->SetAside({"EWR/1/sample/3"}, "poison", kSoon));
  }
  Execute(R"(
    ALTER TABLE lanes DROP COLUMN settled; ALTER TABLE lanes DROP COLUMN dropped; ALTER TABLE lanes DROP COLUMN missing;
    ALTER TABLE lanes DROP COLUMN bytes; PRAGMA user_version=2;)");
  const auto depth = SampleDepth(*Open().value());
  EXPECT_EQ(std::tuple(depth.waiting, depth.dead, depth.missing, depth.appended), std::tuple(2U, 1U, 0U, 5U));
}

TEST_F(SqliteQueueFile, AnOlderEpochIsRefused) {
  ASSERT_TRUE(Open(3));
  const auto older = Open(2);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, Code::kFailedPrecondition);
  EXPECT_THAT(older.error().message, HasSubstr("epoch = 3"));
  EXPECT_EQ(SqliteQueue::OpenExisting(file_).value()->epoch(), 3U);
  EXPECT_EQ(SqliteQueue::OpenExisting(file_).value()->site(), "EWR");
}

TEST_F(SqliteQueueFile, WhatIsNoQueueIsRefusedAndLeftAsItIs) {
  EXPECT_EQ(SqliteQueue::OpenExisting(file_).error().code, Code::kNotFound);
  EXPECT_FALSE(fs::exists(file_));
  const std::string text = "dear diary, " + std::string(5000, 'x');
  Write(text);
  EXPECT_EQ(Open().error().code, Code::kDataLoss);
  EXPECT_THAT(Open().error().message, HasSubstr("move it away"));
  EXPECT_EQ(Bytes(), text);
  fs::remove(file_);
  Execute("CREATE TABLE owner(name TEXT); PRAGMA user_version=1");
  const auto theirs = Bytes();
  EXPECT_EQ(Open().error().code, Code::kFailedPrecondition);
  EXPECT_THAT(Open().error().message, HasSubstr("somebody else's database"));
  EXPECT_EQ(Bytes(), theirs);
}

TEST_F(SqliteQueueFile, ANewerFormatIsRefusedAndLeftAsItIs) {
  Fill(1);
  Execute("PRAGMA user_version=9");
  const auto before = Bytes();
  EXPECT_EQ(Open().error().code, Code::kFailedPrecondition);
  EXPECT_THAT(Open().error().message, HasSubstr("upgrade edgewise"));
  EXPECT_EQ(Bytes(), before);
}

TEST_F(SqliteQueueFile, ACutOffFileIsRefusedOrTellsNoLies) {
  Fill(200);
  const auto whole = Bytes();
  for (std::size_t size = 4096; size < whole.size(); size += 4096) {
    Write(whole.substr(0, size));
    const auto queue = Open();
    ASSERT_FALSE(queue) << size;
    EXPECT_EQ(queue.error().code, Code::kDataLoss) << size;
    EXPECT_EQ(Bytes().size(), size) << "left as it is";
  }
}

}  // namespace
}  // namespace edgewise::queue
