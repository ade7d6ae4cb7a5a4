// A queue on a disk that flips bits: anywhere in its file and in its log, while it is used and while it is not.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

#include "base/fake_files.h"
#include "queue/sqlite_queue.h"

namespace edgewise::queue {
namespace {

using event::Lane;

const Deadline kSoon = Deadline::After(std::chrono::minutes(5));
constexpr const char* kFile = "/d/queue.db";
constexpr const char* kLog = "/d/queue.db-wal";
constexpr int kSamples = 60;

std::string Data(std::uint64_t number) { return R"({"number":)" + std::to_string(number) + "}"; }

std::unique_ptr<SqliteQueue> OpenQueue(Files& files) {
  auto queue = SqliteQueue::Open(kFile, {.site = "EWR", .files = &files});
  return queue ? *std::move(queue) : nullptr;
}

void Append(SqliteQueue& queue, int samples) {
  for (int i = 1; i <= samples; ++i) {
    event::Event event;
    event.type = event::kSampleV1;
    event.data = Data(static_cast<std::uint64_t>(i));
    ASSERT_TRUE(queue.Append({{event}}, std::nullopt, kSoon));
  }
}

struct Found {
  std::size_t whole = 0;    ///< Events that can be received.
  std::size_t damaged = 0;  ///< Records that are set aside.
  bool invented = false;
};

Found Look(SqliteQueue& queue) {
  Found found;
  const auto got = queue.Receive(Lane::kSample, 1000, kSoon);
  if (!got) return found;
  found.whole = got->size();
  for (const auto& delivery : *got) found.invented = found.invented || delivery.event.data != Data(delivery.event.id.sequence);
  found.damaged = queue.Depths().value()[static_cast<std::size_t>(Lane::kSample)].damaged;
  return found;
}

class QueueFlips : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_.MakeDirs("/d")); }
  FakeFiles files_;
};

TEST_F(QueueFlips, ABitOfTheFileCostsNothingAndIsMendedOnTheDisk) {
  Append(*OpenQueue(files_), kSamples);
  auto image = files_.TakeImage();
  image.erase(kLog);  // its removal need not have reached the disk; everything is in the file
  const auto whole = image.at(kFile);
  std::size_t tried = 0, mended = 0;
  for (std::size_t at = 0; at < whole.size(); at += 13, ++tried) {
    const auto bit = static_cast<unsigned>(at % 8);
    files_.SetBack(image);
    files_.Flip(kFile, at, bit);
    const auto queue = OpenQueue(files_);
    ASSERT_TRUE(queue) << "bit " << bit << " of byte " << at;
    const auto found = Look(*queue);
    ASSERT_EQ(found.whole, kSamples) << "bit " << bit << " of byte " << at;
    ASSERT_FALSE(found.invented);
    if (queue->mended() == 0) continue;  // in a page that nobody needed
    ++mended;
    ASSERT_EQ(files_.Read(kFile).value()[at], whole[at]) << at;
  }
  std::printf("flipped bits of the file: %zu tried, %zu mended, 0 cost a record\n", tried, mended);
  EXPECT_GT(mended, tried / 2);
}

TEST_F(QueueFlips, ABitThatFlipsUnderAQueueInUseCostsNothing) {
  std::mt19937_64 random(7);
  for (const auto* path : {kFile, kLog}) {
    const auto queue = OpenQueue(files_);
    Append(*queue, kSamples);
    const auto size = files_.Size(path).value();
    for (int i = 0; i < 300; ++i) {
      files_.Flip(path, random() % size, random() % 8);
      const auto found = Look(*queue);
      ASSERT_GE(found.whole, kSamples);
      ASSERT_EQ(found.damaged, 0U);
    }
    files_.SetBack({});
    ASSERT_TRUE(files_.MakeDirs("/d"));
  }
}

// The log's sums cannot tell each bit: what nobody can tell is left to the records' checksums, and rarely hits a list of records.
TEST_F(QueueFlips, ABitOfTheLogCostsItsRecordAtMost) {
  FakeFiles::Image image;
  {
    const auto queue = OpenQueue(files_);
    Append(*queue, kSamples);
    image = files_.TakeImage();
  }
  const auto size = image.at(kLog).size();
  const auto* wanted = std::getenv("EDGEWISE_FLIPS");  // 4000 for the figures of docs/formats/queue.md
  const auto tries = wanted != nullptr ? std::stoul(wanted) : 200UL;
  std::size_t nothing = 0, record = 0, more = 0;
  std::mt19937_64 random(3);
  for (std::size_t i = 0; i < tries; ++i) {
    const auto at = random() % size;
    files_.SetBack(image);
    files_.Flip(kLog, at, random() % 8);
    const auto queue = OpenQueue(files_);
    const auto found = queue ? Look(*queue) : Found();
    ASSERT_FALSE(found.invented) << "byte " << at;
    (found.whole == kSamples ? nothing : found.whole + found.damaged == kSamples && found.damaged == 1 ? record : more) += 1;
  }
  std::printf("flipped bits of the log: %zu tried, %zu cost nothing, %zu a record, %zu more\n", tries, nothing, record, more);
  EXPECT_LE(more, tries / 200);
  EXPECT_GT(nothing, tries * 95 / 100);
}

/// The control: damage that cannot be mended is found by the record's own checksum, and costs what it hits.
TEST_F(QueueFlips, TwoBitsOfARecordCostIt) {
  Append(*OpenQueue(files_), kSamples);
  auto image = files_.TakeImage();
  image.erase(kLog);
  files_.SetBack(image);
  const auto at = image.at(kFile).find(Data(17)) + 1;
  files_.Flip(kFile, at, 0);
  files_.Flip(kFile, at, 3);
  const auto queue = OpenQueue(files_);
  const auto found = Look(*queue);
  EXPECT_EQ(std::pair(found.whole, found.damaged), std::pair(std::size_t{kSamples - 1}, std::size_t{1}));
  EXPECT_FALSE(found.invented);
  EXPECT_EQ(queue->mended(), 0U);
}

}  // namespace
}  // namespace edgewise::queue
