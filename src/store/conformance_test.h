#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/store.h"

/// Stands in for the real policy, which is not linked here: Permitted can be made by a class of this name alone.
namespace edgewise::relay {
class Policy {
 public:
  static event::Permitted<std::string> Permit(std::string bytes) { return event::Permitted<std::string>(std::move(bytes)); }
};
}  // namespace edgewise::relay

namespace edgewise::store {

inline event::Permitted<std::string> Bytes(std::string text) { return relay::Policy::Permit(std::move(text)); }

/// The promises of store.h, for every implementation: T has a `store`, empty.
template <class T>
class StoreConformance : public testing::Test {
 protected:
  T set_up_;
  Store& store_ = set_up_.store;
  Deadline deadline_ = Deadline::After(std::chrono::seconds(30));
};
TYPED_TEST_SUITE_P(StoreConformance);

TYPED_TEST_P(StoreConformance, GivesBackTheBytesThatWerePut) {
  const std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(this->store_.Put("sites/EWR/a.jsonl", Bytes(bytes), this->deadline_));
  EXPECT_EQ(*this->store_.Get("sites/EWR/a.jsonl", this->deadline_), bytes);
}

TYPED_TEST_P(StoreConformance, ASecondPutIsRefusedAndChangesNothing) {
  ASSERT_TRUE(this->store_.Put("a", Bytes("first"), this->deadline_));
  const auto second = this->store_.Put("a", Bytes("second"), this->deadline_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kAlreadyExists);
  EXPECT_EQ(*this->store_.Get("a", this->deadline_), "first");
}

TYPED_TEST_P(StoreConformance, AMissingObjectIsNotFound) {
  EXPECT_EQ(this->store_.Get("sites/none", this->deadline_).error().code, Code::kNotFound);
}

TYPED_TEST_P(StoreConformance, ListsByPrefixInOrderAndInPages) {
  EXPECT_TRUE(this->store_.List("", "", 10, this->deadline_)->empty());
  for (const auto* name : {"s/b/2", "s/a/1", "s/ab", "s/b/1", "t/1"}) ASSERT_TRUE(this->store_.Put(name, Bytes("x"), this->deadline_));
  using Names = std::vector<std::string>;
  EXPECT_EQ(*this->store_.List("s/", "", 10, this->deadline_), (Names{"s/a/1", "s/ab", "s/b/1", "s/b/2"}));
  EXPECT_EQ(*this->store_.List("s/", "s/ab", 1, this->deadline_), (Names{"s/b/1"}));
  EXPECT_EQ(*this->store_.List("s/a", "", 10, this->deadline_), (Names{"s/a/1", "s/ab"}));
}

TYPED_TEST_P(StoreConformance, ShowsTheFoldersThatHoldObjects) {
  EXPECT_TRUE(this->store_.Folders("", this->deadline_)->empty());
  for (const auto* name : {"s/b/2", "s/a/x/1", "s/ab", "s/b/1", "t/1"}) ASSERT_TRUE(this->store_.Put(name, Bytes("x"), this->deadline_));
  using Names = std::vector<std::string>;
  EXPECT_EQ(*this->store_.Folders("", this->deadline_), (Names{"s/", "t/"}));
  EXPECT_EQ(*this->store_.Folders("s/", this->deadline_), (Names{"s/a/", "s/b/"}));
  EXPECT_TRUE(this->store_.Folders("s/b/", this->deadline_)->empty());
  EXPECT_TRUE(this->store_.Folders("nowhere/", this->deadline_)->empty());
}

TYPED_TEST_P(StoreConformance, NamesThatWouldLeaveTheStoreAreRefused) {
  for (const std::string name : {"", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a b", "a\\b"}) {
    EXPECT_EQ(this->store_.Put(name, Bytes("x"), this->deadline_).error().code, Code::kInvalidArgument) << name;
    EXPECT_EQ(this->store_.Get(name, this->deadline_).error().code, Code::kInvalidArgument) << name;
  }
  EXPECT_FALSE(this->store_.Put(std::string(513, 'a'), Bytes("x"), this->deadline_));
}

REGISTER_TYPED_TEST_SUITE_P(StoreConformance, GivesBackTheBytesThatWerePut, ASecondPutIsRefusedAndChangesNothing, AMissingObjectIsNotFound,
                            ListsByPrefixInOrderAndInPages, ShowsTheFoldersThatHoldObjects, NamesThatWouldLeaveTheStoreAreRefused);

}  // namespace edgewise::store
