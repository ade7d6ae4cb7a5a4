#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/fake_files.h"
#include "site/journal.h"

namespace edgewise::site::test {

/// What a replay of the whole journal gives: entries by position, and how many could not be read.
struct Replayed {
  std::map<std::uint64_t, std::string> entries;
  std::uint64_t lost = 0;
};

inline Replayed ReplayAll(const Journal& journal) {
  Replayed replayed;
  const auto lost = journal.Replay(Position{0}, [&](Position position, std::string_view entry) {
    replayed.entries[static_cast<std::uint64_t>(position)] = entry;
    return Result<void>();
  });
  EXPECT_TRUE(lost) << lost.error().message;
  replayed.lost = lost.value_or(0);
  EXPECT_EQ(replayed.entries.size() + replayed.lost, static_cast<std::uint64_t>(journal.last())) << "each position is read or counted";
  return replayed;
}

inline const std::filesystem::path kFolder = "/journal";
using Disk = std::map<std::string, std::string>;  // a journal's files: name, bytes

/// A journal of small segments on a disk of its own.
struct OnFakeDisk {
  explicit OnFakeDisk(const Disk& disk = {}) {
    EXPECT_TRUE(files.MakeDirs(kFolder));
    for (const auto& [name, bytes] : disk) EXPECT_TRUE(files.CreateDurably(kFolder / name, bytes));
  }
  std::unique_ptr<Journal> Open() { return OpenThrough(files); }
  static std::unique_ptr<Journal> OpenThrough(Files& files) {
    auto journal = Journal::Open(files, kFolder, {.segment_bytes = 100});
    EXPECT_TRUE(journal) << journal.error().message;
    return std::move(*journal);
  }
  Disk Read() {
    Disk disk;
    const auto names = files.List(kFolder).value();
    for (const auto& name : names) disk[name] = files.Read(kFolder / name).value();
    return disk;
  }

  FakeFiles files;
};

}  // namespace edgewise::site::test
