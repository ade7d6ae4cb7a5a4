#pragma once

#include <gtest/gtest.h>

#include "base/files.h"

namespace edgewise::test {

/// The promises of files.h, for every implementation. A rig has `Files& files()` and `std::filesystem::path folder()`, a folder that is
/// there and empty.
template <class Rig>
class FilesConformance : public testing::Test {
 protected:
  using Names = std::vector<std::string>;
  Files& files() { return rig_.files(); }
  std::filesystem::path At(std::string_view name) { return rig_.folder() / name; }
  std::string Text(std::string_view name) { return files().Read(At(name)).value_or("(nothing)"); }
  Names List() { return files().List(rig_.folder()).value(); }

  Rig rig_;
};
TYPED_TEST_SUITE_P(FilesConformance);

TYPED_TEST_P(FilesConformance, CreateNeverOverwrites) {
  ASSERT_TRUE(this->files().CreateDurably(this->At("a"), "one"));
  EXPECT_EQ(this->files().CreateDurably(this->At("a"), "two").error().code, Code::kAlreadyExists);
  EXPECT_EQ(this->Text("a"), "one");
  EXPECT_EQ(this->List(), std::vector<std::string>{"a"}) << "no temporary file is left";
}

TYPED_TEST_P(FilesConformance, ReplaceGivesTheNewBytesAndNothingElse) {
  ASSERT_TRUE(this->files().ReplaceDurably(this->At("a"), "one, longer"));
  ASSERT_TRUE(this->files().ReplaceDurably(this->At("a"), std::string("t\0o", 3)));
  EXPECT_EQ(this->Text("a"), std::string("t\0o", 3));
  EXPECT_EQ(this->List(), std::vector<std::string>{"a"});
}

TYPED_TEST_P(FilesConformance, AppendedBytesAreThereAcrossOpeningsAndCanBeCut) {
  {
    auto file = this->files().OpenAppend(this->At("log")).value();
    EXPECT_EQ(file->size(), 0U);
    ASSERT_TRUE(file->Append("hello"));
    EXPECT_EQ(this->Text("log"), "hello") << "before any sync, too";
    ASSERT_TRUE(file->Sync());
  }
  auto file = this->files().OpenAppend(this->At("log")).value();
  EXPECT_EQ(file->size(), 5U);
  ASSERT_TRUE(file->Truncate(2));
  EXPECT_EQ(file->size(), 2U);
  ASSERT_TRUE(file->Append("y"));
  EXPECT_EQ(this->Text("log"), "hey");
  EXPECT_EQ(this->files().Size(this->At("log")).value(), 3U);
}

TYPED_TEST_P(FilesConformance, ARangeIsShortAtTheEnd) {
  ASSERT_TRUE(this->files().CreateDurably(this->At("a"), "0123456789"));
  EXPECT_EQ(this->files().ReadRange(this->At("a"), 2, 3).value(), "234");
  EXPECT_EQ(this->files().ReadRange(this->At("a"), 8, 5).value(), "89");
  EXPECT_EQ(this->files().ReadRange(this->At("a"), 10, 5).value(), "");
  EXPECT_EQ(this->files().ReadRange(this->At("a"), 50, 5).value(), "");
}

TYPED_TEST_P(FilesConformance, WhatIsMissingIsNotFound) {
  EXPECT_EQ(this->files().Read(this->At("none")).error().code, Code::kNotFound);
  EXPECT_EQ(this->files().ReadRange(this->At("none"), 0, 1).error().code, Code::kNotFound);
  EXPECT_EQ(this->files().Size(this->At("none")).error().code, Code::kNotFound);
  EXPECT_EQ(this->files().List(this->At("none")).error().code, Code::kNotFound);
  EXPECT_TRUE(this->files().Remove(this->At("none")));
}

TYPED_TEST_P(FilesConformance, WithoutItsDirectoryNothingIsMade) {
  EXPECT_EQ(this->files().OpenAppend(this->At("none/a")).error().code, Code::kNotFound);
  EXPECT_EQ(this->files().CreateDurably(this->At("none/a"), "x").error().code, Code::kNotFound);
  EXPECT_EQ(this->files().ReplaceDurably(this->At("none/a"), "x").error().code, Code::kNotFound);
  EXPECT_TRUE(this->List().empty());
}

TYPED_TEST_P(FilesConformance, ARemovedFileIsGoneAndItsNameFree) {
  ASSERT_TRUE(this->files().CreateDurably(this->At("a"), "one"));
  ASSERT_TRUE(this->files().Remove(this->At("a")));
  EXPECT_TRUE(this->List().empty());
  EXPECT_TRUE(this->files().CreateDurably(this->At("a"), "two"));
  EXPECT_EQ(this->Text("a"), "two");
}

TYPED_TEST_P(FilesConformance, AnEmptyDirectoryIsRemovedAndAFullOneIsNot) {
  ASSERT_TRUE(this->files().MakeDirs(this->At("sub")));
  ASSERT_TRUE(this->files().ReplaceDurably(this->At("sub/a"), "one"));
  EXPECT_FALSE(this->files().Remove(this->At("sub")));
  EXPECT_EQ(this->Text("sub/a"), "one");
  EXPECT_TRUE(this->files().Remove(this->At("sub/a")));
  EXPECT_TRUE(this->files().Remove(this->At("sub")));
  EXPECT_TRUE(this->List().empty());
}

TYPED_TEST_P(FilesConformance, DirectoriesAreMadeWithTheirParentsAndAgainIsNoError) {
  ASSERT_TRUE(this->files().MakeDirs(this->At("x/y")));
  ASSERT_TRUE(this->files().MakeDirs(this->At("x/y")));
  ASSERT_TRUE(this->files().CreateDurably(this->At("x/y/b"), ""));
  ASSERT_TRUE(this->files().CreateDurably(this->At("x/y/a"), ""));
  EXPECT_EQ(this->files().List(this->At("x/y")).value(), (std::vector<std::string>{"a", "b"})) << "sorted";
  EXPECT_EQ(this->List(), std::vector<std::string>{"x"}) << "names of directories, too, and of nothing deeper";
}

TYPED_TEST_P(FilesConformance, AFileWhereADirectoryMustBeIsSaid) {
  ASSERT_TRUE(this->files().CreateDurably(this->At("a"), "one"));
  EXPECT_EQ(this->files().MakeDirs(this->At("a")).error().code, Code::kAlreadyExists);
  EXPECT_FALSE(this->files().MakeDirs(this->At("a/b")));
  EXPECT_EQ(this->Text("a"), "one");
}

TYPED_TEST_P(FilesConformance, ARandomFileIsReadAndWrittenAnywhere) {
  using Opening = Files::Opening;
  EXPECT_EQ(this->files().OpenRandom(this->At("a"), Opening::kExisting).error().code, Code::kNotFound);
  EXPECT_EQ(this->files().OpenRandom(this->At("none/a"), Opening::kMayCreate).error().code, Code::kNotFound);
  {
    const auto file = this->files().OpenRandom(this->At("a"), Opening::kMayCreate).value();
    ASSERT_TRUE(file->WriteAt(3, "def"));
    ASSERT_TRUE(file->WriteAt(0, "ab"));
    EXPECT_EQ(file->Size().value(), 6U);
    ASSERT_TRUE(file->Sync());
  }
  const auto file = this->files().OpenRandom(this->At("a"), Opening::kExisting).value();
  std::string part(4, '?');
  EXPECT_EQ(file->ReadAt(1, part).value(), 4U);
  EXPECT_EQ(part, std::string("b\0de", 4)) << "zeros where nothing was written";
  EXPECT_EQ(file->ReadAt(4, part).value(), 2U);
  EXPECT_EQ(file->ReadAt(9, part).value(), 0U);
  ASSERT_TRUE(file->Truncate(2));
  EXPECT_EQ(this->Text("a"), "ab");
}

TYPED_TEST_P(FilesConformance, ALockedFileIsOneOpeningsAlone) {
  auto first = this->files().OpenRandom(this->At("a"), Files::Opening::kMayCreate).value();
  const auto second = this->files().OpenRandom(this->At("a"), Files::Opening::kMayCreate).value();
  ASSERT_TRUE(first->Lock());
  ASSERT_TRUE(first->Lock()) << "again is no error";
  EXPECT_EQ(second->Lock().error().code, Code::kFailedPrecondition);
  first.reset();
  EXPECT_TRUE(second->Lock());
}

REGISTER_TYPED_TEST_SUITE_P(FilesConformance, ARandomFileIsReadAndWrittenAnywhere, ALockedFileIsOneOpeningsAlone, CreateNeverOverwrites,
                            ReplaceGivesTheNewBytesAndNothingElse, AppendedBytesAreThereAcrossOpeningsAndCanBeCut, ARangeIsShortAtTheEnd,
                            WhatIsMissingIsNotFound, WithoutItsDirectoryNothingIsMade, ARemovedFileIsGoneAndItsNameFree,
                            AnEmptyDirectoryIsRemovedAndAFullOneIsNot, DirectoriesAreMadeWithTheirParentsAndAgainIsNoError,
                            AFileWhereADirectoryMustBeIsSaid);

}  // namespace edgewise::test
