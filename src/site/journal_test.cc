#include "site/journal_test.h"

#include <atomic>
#include <fstream>
#include <thread>

#include "base/lineage_id.h"

namespace edgewise::site {
namespace {

class JournalTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Journal> Open(std::uint64_t segment_bytes = 1 << 20) {
    return Journal::Open(SystemFiles(), folder_, {.segment_bytes = segment_bytes}).value();
  }
  static std::vector<std::string> Entries(const Journal& journal, Position after = Position{0}) {
    std::vector<std::string> found;
    EXPECT_TRUE(journal.Replay(after, [&](Position, std::string_view entry) {
      found.emplace_back(entry);
      return Result<void>();
    }));
    return found;
  }
  std::filesystem::path FirstSegment() const { return folder_ / "journal-0000000000000001.log"; }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-journal-" + LineageId::Random().ToString());
};

using Strings = std::vector<std::string>;

TEST_F(JournalTest, EntriesComeBackInOrderAcrossReopenAndSegments) {
  for (int i = 0; i < 10; ++i) {
    auto journal = Open(32);
    EXPECT_EQ(journal->Write({"entry " + std::to_string(i)}).value(), Position{static_cast<std::uint64_t>(i) + 1});
    ASSERT_TRUE(journal->Sync());
  }
  EXPECT_EQ(Entries(*Open()).size(), 10U);
  EXPECT_EQ(Entries(*Open(), Position{8}), (Strings{"entry 8", "entry 9"}));
}

TEST_F(JournalTest, ATornTailIsCutAtEveryByteAndTheNextEntryFollows) {
  ASSERT_TRUE(Open()->Write({"first"}));
  const auto whole = SystemFiles().Size(FirstSegment()).value();
  ASSERT_TRUE(Open()->Write({"second"}));
  const std::string bytes = SystemFiles().Read(FirstSegment()).value();
  for (std::size_t size = whole; size < bytes.size(); ++size) {
    std::ofstream(FirstSegment(), std::ios::binary) << bytes.substr(0, size);
    ASSERT_TRUE(Open()->Write({"third"}));
    EXPECT_EQ(Entries(*Open()), (Strings{"first", "third"})) << size;
  }
}

TEST_F(JournalTest, AFlippedBitCostsOneEntryAndIsCounted) {
  ASSERT_TRUE(Open()->Write({"aaaa", "bbbb", "cccc"}));
  std::string bytes = SystemFiles().Read(FirstSegment()).value();
  bytes[bytes.find("bbbb")] ^= 1;
  std::ofstream(FirstSegment(), std::ios::binary) << bytes;
  const auto journal = Open();
  EXPECT_EQ(Entries(*journal), (Strings{"aaaa", "cccc"}));
  EXPECT_EQ(journal->Replay(Position{0}, [](Position, std::string_view) { return Result<void>(); }).value(), 1U);
}

TEST_F(JournalTest, AReplayBesideTheWriterSeesWhatWasWrittenBeforeItBegan) {
  test::OnFakeDisk on;
  const auto journal = on.Open();
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(journal->Write({"an entry", "and another"}));
    done = true;
  });
  while (!done) {
    const auto before = static_cast<std::uint64_t>(journal->last());
    std::uint64_t seen = 0;
    const auto lost = journal->Replay(Position{0}, [&](Position position, std::string_view) {
      EXPECT_EQ(position, Position{++seen});
      return Result<void>();
    });
    EXPECT_EQ(lost.value(), 0U);
    EXPECT_GE(seen, before);
  }
}

TEST_F(JournalTest, AnEntryThatIsTooLargeIsRefusedAndTheNextOneIsTaken) {
  const auto journal = Open();
  EXPECT_EQ(journal->Write({"small", std::string(kMaxEntry + 1, 'x')}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(journal->Write({"small"}).value(), Position{1});
}

TEST_F(JournalTest, AForeignFileIsRefusedAndLeftAlone) {
  std::filesystem::create_directories(folder_);
  std::ofstream(FirstSegment()) << "somebody else's notes";
  EXPECT_EQ(Journal::Open(SystemFiles(), folder_, {}).error().code, Code::kFailedPrecondition);
  EXPECT_EQ(SystemFiles().Read(FirstSegment()).value(), "somebody else's notes");
}

}  // namespace
}  // namespace edgewise::site
