#include <random>
#include <set>

#include "base/forwarding_files.h"
#include "site/journal_test.h"

namespace edgewise::site::test {
namespace {

const Error kPlanted{Code::kUnavailable, "planted"};

/// The planted bug: says "synced" and does nothing.
class NeverSyncs final : public ForwardingFiles {
 public:
  using ForwardingFiles::ForwardingFiles;

  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) override {
    EDGEWISE_ASSIGN(auto file, ForwardingFiles::OpenAppend(path));
    return std::make_unique<Unsynced>(std::move(file));
  }

 private:
  struct Unsynced final : File {
    using File::File;
    Result<void> Sync() override { return {}; }
  };
};

/// Somebody who uses a journal and remembers what it promised: entries that were synced, and entries that it showed after it was opened,
/// because a site derives events from them.
class Client {
 public:
  explicit Client(Files& files) : files_(files) { Reopen(); }

  void Write(std::size_t count) {
    std::vector<std::string> entries;
    for (std::size_t i = 0; i < count; ++i) entries.push_back("entry number " + std::to_string(++written_));
    const auto last = journal_->Write(entries);
    if (!last) return Reopen();
    for (std::size_t i = 0; i < count; ++i) unsynced_[static_cast<std::uint64_t>(*last) - count + 1 + i] = entries[i];
  }
  void Sync() {
    if (!journal_->Sync()) return Reopen();
    promised_.merge(unsynced_);
    unsynced_.clear();
  }
  /// Opens the journal again and counts promises that were broken; takes what is shown now for promised.
  void Reopen() {
    journal_ = OnFakeDisk::OpenThrough(files_);
    auto shown = ReplayAll(*journal_);
    for (const auto& [position, text] : promised_) broken_ += !shown.entries.contains(position) || shown.entries[position] != text;
    broken_ += shown.lost;
    promised_ = std::move(shown.entries);
    unsynced_.clear();
  }
  std::uint64_t broken() const { return broken_; }
  std::size_t promised() const { return promised_.size(); }

 private:
  Files& files_;
  std::unique_ptr<Journal> journal_;
  std::map<std::uint64_t, std::string> promised_;
  std::map<std::uint64_t, std::string> unsynced_;
  std::uint64_t written_ = 0;
  std::uint64_t broken_ = 0;
};

/// A client's life with power cuts, torn tails and plain restarts in it.
Client Live(FakeFiles& disk, Files& files, unsigned seed) {
  std::mt19937 random(seed);
  Client client(files);
  for (int i = 0; i < 300; ++i) {
    const auto what = random() % 10;
    if (what < 5)
      client.Write(1 + random() % 3);
    else if (what < 8)
      client.Sync();
    else {
      if (what == 9) disk.PowerCut(random() % 2 * (random() % 80));
      client.Reopen();
    }
  }
  return client;
}

TEST(JournalPower, AfterAPowerCutEveryAcknowledgedEntryIsThere) {
  for (unsigned seed = 0; seed < 25; ++seed) {
    FakeFiles disk;
    const auto client = Live(disk, disk, seed);
    EXPECT_EQ(client.broken(), 0U) << "seed " << seed;
    EXPECT_GT(client.promised(), 100U) << "seed " << seed;
  }
}

TEST(JournalPower, ADiskThatOnlySaysItSyncedIsCaught) {  // the control: the test above can fail
  for (unsigned seed = 0; seed < 5; ++seed) {
    FakeFiles disk;
    NeverSyncs liar(disk);
    EXPECT_GT(Live(disk, liar, seed).broken(), 0U) << "seed " << seed;
  }
}

// Steps include directory syncs and the making of new segments; the power goes when everything has been tried again.
TEST(JournalPower, WhateverStepFailsWhatWasAcknowledgedIsThere) {
  std::size_t failed = 0;
  for (std::size_t step = 0;; ++step, ++failed) {
    SCOPED_TRACE(step);
    FakeFiles disk;
    Client client(disk);
    const auto before = disk.steps();
    disk.FailAfter(step, kPlanted);
    for (int i = 0; i < 8; ++i) {
      client.Write(1);
      client.Sync();
    }
    const bool over = disk.steps() - before <= step;
    disk.FailNext(kPlanted);  // takes the place of one that has not happened
    EXPECT_FALSE(disk.List(kFolder));
    disk.PowerCut();
    client.Reopen();
    EXPECT_EQ(client.broken(), 0U);
    EXPECT_GE(client.promised(), 7U) << "one failure costs one write";
    if (over || testing::Test::HasFailure()) break;
  }
  EXPECT_GT(failed, 20U);
}

TEST(JournalPower, AFullDiskAcknowledgesNothingAndLosesNothing) {
  const std::string big(60, 'x');
  std::set<std::uint64_t> refused_at;  // entries that met a full disk: in a segment, and at the beginning of one
  for (std::uint64_t room = 0; room < 400; ++room) {
    SCOPED_TRACE(room);
    OnFakeDisk on;
    auto journal = on.Open();
    std::uint64_t stored = 0;
    on.files.LimitSpace(32 + room);
    while (true) {
      const auto written = journal->Write({big + std::to_string(stored + 1)});
      if (!written) {
        ASSERT_EQ(written.error().code, Code::kResourceExhausted);
        break;
      }
      ASSERT_TRUE(journal->Sync());
      ++stored;
    }
    refused_at.insert(stored + 1);
    EXPECT_EQ(journal->Sync().error().code, Code::kUnavailable) << "until it is opened again";
    on.files.LimitSpace(std::nullopt);
    if (room % 2 == 0) on.files.PowerCut(room % 7);
    journal = on.Open();
    EXPECT_EQ(journal->last(), Position{stored});
    EXPECT_EQ(ReplayAll(*journal).lost, 0U);
    EXPECT_EQ(journal->Write({"more"}).value(), Position{stored + 1});
  }
  EXPECT_GT(refused_at.size(), 3U);
}

TEST(JournalPower, OpensOnAFullDisk) {
  OnFakeDisk on;
  auto journal = on.Open();
  on.files.LimitSpace(32 + 50);
  ASSERT_TRUE(journal->Write({"first"}));
  ASSERT_TRUE(journal->Sync());
  ASSERT_FALSE(journal->Write({"too long for what is left of the disk"}));
  journal = on.Open();
  EXPECT_EQ(ReplayAll(*journal).entries, (std::map<std::uint64_t, std::string>{{1, "first"}}));
}

// A second sync would succeed although the disk has dropped the bytes (fsync(2)), so nothing may be built on what the cache still shows.
TEST(JournalPower, WhatAFailedSyncLeftIsNotTrusted) {
  OnFakeDisk on;
  auto journal = on.Open();
  ASSERT_TRUE(journal->Write({"first"}));
  ASSERT_TRUE(journal->Sync());
  ASSERT_TRUE(journal->Write({"second"}));
  on.files.FailNext(kPlanted);
  ASSERT_FALSE(journal->Sync());
  journal = on.Open();
  EXPECT_EQ(ReplayAll(*journal).entries, (std::map<std::uint64_t, std::string>{{1, "first"}}));
}

TEST(JournalPower, APositionNeverMeansTwoThings) {
  OnFakeDisk on;
  auto journal = on.Open();
  ASSERT_TRUE(journal->Write({"first"}));
  ASSERT_TRUE(journal->SkipBehind(Position{1}));  // nothing is missing
  ASSERT_TRUE(journal->SkipBehind(Position{5}));
  EXPECT_EQ(journal->Write({"sixth"}).value(), Position{6});
  ASSERT_TRUE(journal->Sync());
  journal = on.Open();
  const auto all = ReplayAll(*journal);
  EXPECT_EQ(all.entries, (std::map<std::uint64_t, std::string>{{1, "first"}, {6, "sixth"}}));
  EXPECT_EQ(all.lost, 4U);
}

}  // namespace
}  // namespace edgewise::site::test
