#include "site/journal_scrub.h"
#include "site/journal_test.h"

namespace edgewise::site::test {
namespace {

std::string Text(std::uint64_t position) { return "entry " + std::to_string(position); }
std::string Flipped(std::string bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  return bytes;
}

constexpr std::uint64_t kEntries = 8;
constexpr std::size_t kSegmentHead = 32;
constexpr std::size_t kFrame = 20 + sizeof "entry 1" - 1;

/// Three segments with three, three and two entries: the next entry goes into the third, the one after it starts a fourth.
Disk SmallJournal() {
  OnFakeDisk on;
  const auto journal = on.Open();
  for (std::uint64_t position = 1; position <= kEntries; ++position) EXPECT_TRUE(journal->Write({Text(position)}));
  auto disk = on.Read();
  EXPECT_EQ(disk.size(), 3U);
  EXPECT_EQ(disk.rbegin()->second.size(), kSegmentHead + 2 * kFrame);
  return disk;
}

std::uint64_t Scrubbed(Files& files) {
  JournalScrub scrub(files, kFolder);
  while (true) {
    const auto found = scrub.Step();
    EXPECT_TRUE(found) << found.error().message;
    if (!found || found->done) return found ? found->lost : 0;
  }
}

/// Opens what was damaged, appends, and opens again: no entry is made up, what was lost stays counted, and the new entries are there.
/// Answers how many were lost.
std::uint64_t LostAndGoesOn(const Disk& disk, std::uint64_t last = kEntries) {
  OnFakeDisk on(disk);
  auto journal = on.Open();
  EXPECT_EQ(journal->last(), Position{last}) << "a position that was acknowledged is not given again";
  const auto before = ReplayAll(*journal);
  EXPECT_EQ(journal->Write({Text(last + 1)}).value(), Position{last + 1});
  EXPECT_EQ(journal->Write({Text(last + 2)}).value(), Position{last + 2});
  EXPECT_TRUE(journal->Sync());
  for (int opened = 0; opened < 2; ++opened, journal = on.Open()) {
    const auto after = ReplayAll(*journal);
    EXPECT_EQ(after.lost, before.lost);
    EXPECT_EQ(Scrubbed(on.files), before.lost);
    EXPECT_TRUE(after.entries.contains(last + 1) && after.entries.contains(last + 2));
    for (const auto& [position, text] : after.entries) EXPECT_EQ(text, Text(position));
  }
  return before.lost;
}

TEST(JournalDamage, WithoutDamageNothingIsLost) { EXPECT_EQ(LostAndGoesOn(SmallJournal()), 0U); }

TEST(JournalDamage, AnyFlippedBitCostsAtMostItsOwnEntryAndIsCounted) {
  const Disk good = SmallJournal();
  for (const auto& [name, bytes] : good) {
    for (std::size_t bit = 0; bit < 8 * bytes.size() && !testing::Test::HasFailure(); ++bit) {
      SCOPED_TRACE(name + ", bit " + std::to_string(bit));
      Disk damaged = good;
      damaged[name] = Flipped(bytes, bit);
      EXPECT_EQ(LostAndGoesOn(damaged), bit / 8 < kSegmentHead ? 0U : 1U);
    }
  }
}

TEST(JournalDamage, ATailTornAtAnyByteCostsOnlyWhatWasNotWhole) {
  const Disk good = SmallJournal();
  const auto& [name, bytes] = *good.rbegin();
  for (std::size_t size = 0; size < bytes.size() && !testing::Test::HasFailure(); ++size) {
    SCOPED_TRACE(size);
    Disk torn = good;
    torn[name].resize(size);
    const std::uint64_t whole = size < kSegmentHead ? 0 : (size - kSegmentHead) / kFrame;
    EXPECT_EQ(LostAndGoesOn(torn, kEntries - 2 + whole), 0U);
  }
}

TEST(JournalDamage, BytesThatAreWipedCostTheEntriesTheyTouch) {
  const Disk good = SmallJournal();
  for (const auto& [name, bytes] : good) {
    for (std::size_t at = kSegmentHead; at + kFrame <= bytes.size() && !testing::Test::HasFailure(); ++at) {
      SCOPED_TRACE(name + ", byte " + std::to_string(at));
      Disk damaged = good;
      damaged[name].replace(at, kFrame, kFrame, '\0');
      // With both its heads the last segment lost its tail: nobody knows how many entries, so they count as one.
      const bool tail = name == good.rbegin()->first && at > kSegmentHead && at < kSegmentHead + 20;
      const auto lost = (at - kSegmentHead) % kFrame == 0 || tail ? 1U : 2U;
      EXPECT_EQ(LostAndGoesOn(damaged, tail ? kEntries - 1 : kEntries), lost);
    }
  }
}

TEST(JournalDamage, AMissingSegmentIsCounted) {
  Disk damaged = SmallJournal();
  damaged.erase(std::next(damaged.begin()));
  EXPECT_EQ(LostAndGoesOn(damaged), 3U);
}

TEST(JournalDamage, ASegmentCutToNothingIsCounted) {
  for (const std::size_t size : {0U, 5U, 20U}) {
    Disk damaged = SmallJournal();
    damaged.begin()->second.resize(size);
    EXPECT_EQ(LostAndGoesOn(damaged), 3U) << size;
  }
}

// The entry carries a whole frame of another segment, with the position that a reader would look for behind the damage.
TEST(JournalDamage, AnEntryThatImitatesAFrameIsNotTakenForOne) {
  std::string imitation;
  SegmentWriter(12345).AddFrame(imitation, 2, "made up");
  OnFakeDisk on;
  ASSERT_TRUE(on.Open()->Write({imitation, Text(2)}));
  Disk damaged = on.Read();
  auto& bytes = damaged.begin()->second;
  ASSERT_NE(bytes.find(imitation), std::string::npos);
  bytes = Flipped(bytes, 8 * kSegmentHead);
  OnFakeDisk again(damaged);
  const auto replayed = ReplayAll(*again.Open());
  EXPECT_EQ(replayed.entries, (std::map<std::uint64_t, std::string>{{2, Text(2)}}));
}

TEST(JournalDamage, AnotherVersionIsRefusedAndLeftAlone) {
  Disk newer = SmallJournal();
  auto& bytes = newer.rbegin()->second;
  for (const std::size_t half : {0U, 16U}) bytes[half + 6] = '3';
  OnFakeDisk on(newer);
  const auto journal = Journal::Open(on.files, kFolder, {});
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code, Code::kFailedPrecondition);
  EXPECT_NE(journal.error().message.find(newer.rbegin()->first), std::string::npos) << journal.error().message;
  EXPECT_EQ(on.Read(), newer);
}

/// A segment as format 1 wrote it: the CRC-32 values of "entry 1" and "entry 2" are from Python's zlib.
std::string Format1() {
  return std::string("EDGEWJ1\n") + std::string("\x07\0\0\0", 4) + "\x49\x8b\x02\x24" + Text(1) + std::string("\x07\0\0\0", 4) +
         "\xf3\xda\x0b\xbd" + Text(2);
}
const std::string kFormat1Name = "journal-0000000000000001.log";

TEST(JournalFormat1, IsReadAndContinuedInFormat2) {
  EXPECT_EQ(LostAndGoesOn({{kFormat1Name, Format1()}}, 2), 0U);
  EXPECT_EQ(LostAndGoesOn({{kFormat1Name, Format1().substr(0, Format1().size() - 1)}}, 1), 0U) << "a torn tail";
  OnFakeDisk on(Disk{{kFormat1Name, Format1()}});
  ASSERT_TRUE(on.Open()->Write({Text(3)}));
  EXPECT_EQ(on.Read()[kFormat1Name], Format1()) << "what was written stays as it is";
}

TEST(JournalFormat1, WithoutEntriesIsStartedOver) {
  for (const std::string bytes : {"EDGEWJ1\n", "EDGEWJ1", "EDG", ""}) EXPECT_EQ(LostAndGoesOn({{kFormat1Name, bytes}}, 0), 0U) << bytes;
}

// The known limit of format 1, and why there is a format 2. It also shows that the test of flipped bits can fail.
TEST(JournalFormat1, ADamagedLengthHidesTheRestOfItsSegment) {
  const auto damaged = Flipped(Format1(), 8 * 8 + 5);
  OnFakeDisk last(Disk{{kFormat1Name, damaged}});
  EXPECT_EQ(last.Open()->last(), Position{0}) << "both entries are gone, and nothing says so";
  Disk earlier = SmallJournal();
  earlier.erase(earlier.begin());
  earlier[kFormat1Name] = damaged;
  OnFakeDisk on(earlier);
  EXPECT_EQ(ReplayAll(*on.Open()).lost, 3U) << "in an earlier segment they are counted by the next one's name";
}

}  // namespace
}  // namespace edgewise::site::test
