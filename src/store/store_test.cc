#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "store/directory_store.h"
#include "store/fake_store.h"

/// Stands in for the real policy, which is not linked here: Permitted can be made by a class of this name alone.
namespace edgewise::relay {
class Policy {
 public:
  static event::Permitted<std::string> Permit(std::string bytes) { return event::Permitted<std::string>(std::move(bytes)); }
};
}  // namespace edgewise::relay

namespace edgewise::store {
namespace {

namespace fs = std::filesystem;

event::Permitted<std::string> Bytes(std::string text) { return relay::Policy::Permit(std::move(text)); }

struct OnDirectory {
  fs::path root = fs::temp_directory_path() / ("edgewise-store-" + std::to_string(getpid()));
  DirectoryStore store{SystemFiles(), root};
  ~OnDirectory() { fs::remove_all(root); }
};
struct Fake {
  FakeStore store;
};

/// The promises of store.h, for every implementation.
template <class T>
class StoreConformance : public testing::Test {
 protected:
  T set_up_;
  Store& store_ = set_up_.store;
  Deadline deadline_ = Deadline::After(std::chrono::seconds(30));
};
using Implementations = testing::Types<OnDirectory, Fake>;
TYPED_TEST_SUITE(StoreConformance, Implementations);

TYPED_TEST(StoreConformance, GivesBackTheBytesThatWerePut) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(this->store_.Put("sites/EWR/a.jsonl", Bytes(bytes), this->deadline_));
  EXPECT_EQ(*this->store_.Get("sites/EWR/a.jsonl", this->deadline_), bytes);
}

TYPED_TEST(StoreConformance, ASecondPutIsRefusedAndChangesNothing) {
  ASSERT_TRUE(this->store_.Put("a", Bytes("first"), this->deadline_));
  const auto second = this->store_.Put("a", Bytes("second"), this->deadline_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kAlreadyExists);
  EXPECT_EQ(*this->store_.Get("a", this->deadline_), "first");
}

TYPED_TEST(StoreConformance, AMissingObjectIsNotFound) {
  EXPECT_EQ(this->store_.Get("sites/none", this->deadline_).error().code, Code::kNotFound);
}

TYPED_TEST(StoreConformance, ListsByPrefixInOrderAndInPages) {
  EXPECT_TRUE(this->store_.List("", "", 10, this->deadline_)->empty());
  for (const auto* name : {"s/b/2", "s/a/1", "s/ab", "s/b/1", "t/1"}) ASSERT_TRUE(this->store_.Put(name, Bytes("x"), this->deadline_));
  using Names = std::vector<std::string>;
  EXPECT_EQ(*this->store_.List("s/", "", 10, this->deadline_), (Names{"s/a/1", "s/ab", "s/b/1", "s/b/2"}));
  EXPECT_EQ(*this->store_.List("s/", "s/ab", 1, this->deadline_), (Names{"s/b/1"}));
  EXPECT_EQ(*this->store_.List("s/a", "", 10, this->deadline_), (Names{"s/a/1", "s/ab"}));
}

TYPED_TEST(StoreConformance, ShowsTheFoldersThatHoldObjects) {
  EXPECT_TRUE(this->store_.Folders("", this->deadline_)->empty());
  for (const auto* name : {"s/b/2", "s/a/x/1", "s/ab", "s/b/1", "t/1"}) ASSERT_TRUE(this->store_.Put(name, Bytes("x"), this->deadline_));
  using Names = std::vector<std::string>;
  EXPECT_EQ(*this->store_.Folders("", this->deadline_), (Names{"s/", "t/"}));
  EXPECT_EQ(*this->store_.Folders("s/", this->deadline_), (Names{"s/a/", "s/b/"}));
  EXPECT_TRUE(this->store_.Folders("s/b/", this->deadline_)->empty());
  EXPECT_TRUE(this->store_.Folders("nowhere/", this->deadline_)->empty());
}

TYPED_TEST(StoreConformance, NamesThatWouldLeaveTheStoreAreRefused) {
  for (const std::string name : {"", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a b", "a\\b"}) {
    EXPECT_EQ(this->store_.Put(name, Bytes("x"), this->deadline_).error().code, Code::kInvalidArgument) << name;
    EXPECT_EQ(this->store_.Get(name, this->deadline_).error().code, Code::kInvalidArgument) << name;
  }
  EXPECT_FALSE(this->store_.Put(std::string(513, 'a'), Bytes("x"), this->deadline_));
}

TEST(DirectoryStore, AnEntryThatIsGoneWhileItsFolderIsReadHidesNoOther) {
  OnDirectory made;
  const auto deadline = Deadline::Never();
  fs::create_directories(made.root / "s");
  for (int i = 10; i < 60; ++i) {
    // A link to nothing is listed and not there, as what was removed after the folder's names were read.
    fs::create_symlink("nowhere", made.root / "s" / fmt::format("{}.tmp-a1B2c3", i));
    std::ofstream(made.root / "s" / std::to_string(i)) << "x";
    fs::create_directory(made.root / "s" / fmt::format("folder-{}", i));
  }
  EXPECT_EQ(made.store.List("s/", "", 1000, deadline)->size(), 50u);
  EXPECT_EQ(made.store.Folders("s/", deadline)->size(), 50u);
}

/// As if it had been changed long ago: time stamps of the last second tell nothing.
void Age(const fs::path& path, std::chrono::seconds by) { fs::last_write_time(path, fs::file_time_type::clock::now() - by); }

TEST(DirectoryStore, WhatAKilledPutLeftIsNotListedAndGoesWhenItIsOld) {
  OnDirectory made;
  const auto deadline = Deadline::Never();
  ASSERT_TRUE(made.store.Put("s/1", Bytes("x"), deadline));
  for (const auto* left : {"2.tmp-a1B2c3", "3.tmp-XYZabc"}) std::ofstream(made.root / "s" / left) << "half";
  Age(made.root / "s" / "3.tmp-XYZabc", std::chrono::hours(2));
  EXPECT_EQ(*made.store.List("s/", "", 10, deadline), std::vector<std::string>{"s/1"});
  EXPECT_TRUE(fs::exists(made.root / "s" / "2.tmp-a1B2c3")) << "its Put may still run";
  EXPECT_FALSE(fs::exists(made.root / "s" / "3.tmp-XYZabc"));
}

TEST(DirectoryStore, AFolderWithNothingNewIsNotReadAgain) {
  OnDirectory made;
  const auto deadline = Deadline::Never();
  fs::create_directories(made.root / "s");
  for (int i = 0; i < 1000; ++i) std::ofstream(made.root / "s" / std::to_string(i));
  Age(made.root / "s", std::chrono::seconds(10));
  EXPECT_TRUE(made.store.List("s/", "s/999", 10, deadline)->empty());
  const auto once = made.store.entries_read();
  EXPECT_EQ(once, 1000u);
  EXPECT_TRUE(made.store.List("s/", "s/999", 10, deadline)->empty());
  EXPECT_EQ(made.store.entries_read(), once);
  EXPECT_EQ(made.store.List("s/", "s/998", 10, deadline)->size(), 1u) << "another question";
  ASSERT_TRUE(made.store.Put("s/9999", Bytes("x"), deadline));
  EXPECT_EQ(*made.store.List("s/", "s/999", 10, deadline), std::vector<std::string>{"s/9999"});
}

TEST(DirectoryStore, AChangeInTheSameTickIsNotMissed) {
  OnDirectory made;
  const auto deadline = Deadline::Never();
  for (int i = 11; i < 60; ++i) {
    EXPECT_TRUE(made.store.List("s/", fmt::format("s/{}", i - 1), 10, deadline)->empty());
    ASSERT_TRUE(made.store.Put(fmt::format("s/{}", i), Bytes("x"), deadline));
    EXPECT_EQ(made.store.List("s/", fmt::format("s/{}", i - 1), 10, deadline)->size(), 1u) << i;
  }
}

TEST(FakeStore, AnAnswerCanBeLostAfterTheEffect) {
  FakeStore store;
  store.FailNext({Code::kUnavailable, "line cut"}, FakeStore::Effect::kHappens);
  EXPECT_FALSE(store.Put("a", Bytes("x"), Deadline::Never()));
  EXPECT_EQ(*store.Get("a", Deadline::Never()), "x");
}

}  // namespace
}  // namespace edgewise::store
