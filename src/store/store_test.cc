#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "store/blob_store.h"
#include "store/conformance_test.h"
#include "store/directory_store.h"
#include "store/fake_blob_server.h"
#include "store/fake_store.h"

namespace edgewise::store {
namespace {

namespace fs = std::filesystem;

struct OnDirectory {
  fs::path root = fs::temp_directory_path() / ("edgewise-store-" + std::to_string(getpid()));
  DirectoryStore store{SystemFiles(), root};
  ~OnDirectory() { fs::remove_all(root); }
};
struct Fake {
  FakeStore store;
};
struct OnBlobs {
  FakeBlobServer server;
  std::unique_ptr<BlobStore> behind = BlobStore::Open(server.Url()).value();
  Store& store = *behind;
};

using Implementations = testing::Types<OnDirectory, Fake, OnBlobs>;
INSTANTIATE_TYPED_TEST_SUITE_P(All, StoreConformance, Implementations);

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
