#pragma once

#include <gtest/gtest.h>

#include "hub/index.h"
#include "hub/made_batches_test.h"

namespace edgewise::hub {

/// The promises of index.h. T is default-constructible and has `Index& index`.
template <class T>
class IndexConformance : public testing::Test {
 protected:
  T set_up_;
  Index& index_ = set_up_.index;
};
TYPED_TEST_SUITE_P(IndexConformance);

TYPED_TEST_P(IndexConformance, ABatchIsIndexedOnce) {
  const auto first = this->index_.AddBatch(Samples(1, "abc"));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->indexed, 3u);
  EXPECT_FALSE(first->repeated);
  EXPECT_TRUE(this->index_.AddBatch(Samples(1, "abc"))->repeated);
  const auto totals = *this->index_.Count();
  EXPECT_EQ(totals.indexed, 3u);
  EXPECT_EQ(totals.doubled, 0u);
  EXPECT_EQ(totals.objects, 1u);
  EXPECT_EQ(totals.latest.ms, 1000);
}

TYPED_TEST_P(IndexConformance, ADoubledIdIsCountedAndTheFirstStays) {
  ASSERT_TRUE(this->index_.AddBatch(Samples(1, "ab")));
  EXPECT_EQ(this->index_.AddBatch(Samples(2, "xy"))->doubled, 1u);
  EXPECT_EQ(this->index_.Count()->doubled, 1u);
  EXPECT_EQ(this->index_.Count()->indexed, 3u);
  EXPECT_EQ(this->index_.SamplesByLineage(Lineage('b'))->size(), 1u);
  EXPECT_TRUE(this->index_.SamplesByLineage(Lineage('x'))->empty());
}

TYPED_TEST_P(IndexConformance, TheSameSequenceInAnotherEpochIsAnotherEvent) {
  ASSERT_TRUE(this->index_.AddBatch(Samples(1, "ab")));
  const auto again = InEpoch(Samples(1, "xy"), 2);
  ASSERT_TRUE(this->index_.AddBatch(again));
  ASSERT_TRUE(this->index_.AddBatch(OneInsight(1, 10, 'i', "ab")));
  ASSERT_TRUE(this->index_.AddBatch(InEpoch(OneInsight(1, 10, 'j', "x"), 2)));
  EXPECT_EQ(this->index_.Count()->indexed, 6u);
  EXPECT_EQ(this->index_.Count()->doubled, 0u);
  EXPECT_EQ(this->index_.SamplesByLineage(Lineage('x'))->size(), 1u);
  const auto of_second = *this->index_.SamplesOf(again.batch.object, 9);
  ASSERT_EQ(of_second.size(), 2u);
  EXPECT_EQ(of_second[0].sample.lineage, Lineage('x'));
  const auto insights = *this->index_.Insights({"", {0}, {1LL << 50}});
  ASSERT_EQ(insights.size(), 2u);
  EXPECT_EQ(insights[1].lineage, Lineage('j'));
  EXPECT_EQ(this->index_.RowsOf(insights[0].id)->size(), 2u);
  EXPECT_EQ(*this->index_.RowsOf(insights[1].id), std::vector{Lineage('x')});
  EXPECT_EQ(this->index_.EventsNaming(Lineage('x'))->size(), 1u);
}

TYPED_TEST_P(IndexConformance, SamplesAreFoundByLineageAndByObject) {
  const auto batch = Samples(1, "abc");
  ASSERT_TRUE(this->index_.AddBatch(batch));
  const auto found = *this->index_.SamplesByLineage(Lineage('a'));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].object, batch.batch.object);
  EXPECT_EQ(found[0].sample.model, kModel);
  EXPECT_TRUE(found[0].sample.label);
  EXPECT_EQ(found[0].sample.day, "2013-02-01");
  EXPECT_EQ(this->index_.SamplesOf(batch.batch.object, 2)->size(), 2u);
  EXPECT_EQ(this->index_.FindObject(batch.batch.object)->output, batch.batch.output);
  EXPECT_EQ(this->index_.FindObject("sites/none").error().code, Code::kNotFound);
}

TYPED_TEST_P(IndexConformance, InsightsComeByHourAndKnowTheirRows) {
  ASSERT_TRUE(this->index_.AddBatch(OneInsight(2, 11, 'j', "b")));
  ASSERT_TRUE(this->index_.AddBatch(OneInsight(1, 10, 'i', "ab")));
  const auto insights = *this->index_.Insights({"", {0}, {11 * 3'600'000 + 1}});
  ASSERT_EQ(insights.size(), 2u);
  EXPECT_EQ(insights[0].lineage, Lineage('i'));
  EXPECT_EQ(insights[0].scored, 7u);
  EXPECT_TRUE(this->index_.Insights({"JFK", {0}, {1LL << 50}})->empty());
  EXPECT_EQ(this->index_.RowsOf(insights[0].id)->size(), 2u);
  EXPECT_EQ(this->index_.EventsNaming(Lineage('b'))->size(), 2u);
  EXPECT_EQ(this->index_.EventsByLineage(Lineage('i'))->front().event.id.sequence, 1u);
  EXPECT_EQ(this->index_.Events({.type = std::string(event::kInsightV1), .site = "", .limit = 1})->front().event.id.sequence, 2u);
}

TYPED_TEST_P(IndexConformance, LanesCountWhatCameAndWhatWasDenied) {
  auto batch = Samples(1, "ab");
  batch.batch.last = 5;
  batch.batch.denied = 2;
  ASSERT_TRUE(this->index_.AddBatch(batch));
  const auto lanes = *this->index_.Lanes();
  ASSERT_EQ(lanes.size(), 1u);
  EXPECT_EQ(lanes[0].events, 2u);
  EXPECT_EQ(lanes[0].denied, 2u);
  EXPECT_EQ(lanes[0].last, 5u);
  EXPECT_EQ(lanes[0].missing, 1u);
  EXPECT_EQ(lanes[0].policy, Digest::Of("policy"));
  EXPECT_EQ(this->index_.Models()->front().rows, 2u);
  EXPECT_NEAR(this->index_.Models()->front().logloss_sum, 1.3863 + 0.2877, 1e-3);
}

TYPED_TEST_P(IndexConformance, WhatIsMissingIsFoundInEachEpoch) {
  ASSERT_TRUE(this->index_.AddBatch(Samples(1, "abcd")));  // whole
  ASSERT_TRUE(this->index_.AddBatch(InEpoch(Samples(1, "x"), 2)));
  auto later = InEpoch(Samples(4, "yz"), 2);  // 2 and 3 never came
  later.batch.policy = Digest::Of("second policy");
  ASSERT_TRUE(this->index_.AddBatch(later));
  ASSERT_TRUE(this->index_.AddBatch(OneInsight(3, 10, 'i', "a")));  // nor 1 and 2 of this lane
  const auto lanes = *this->index_.Lanes();
  ASSERT_EQ(lanes.size(), 2u);
  EXPECT_EQ(lanes[0].missing, 2u);
  EXPECT_EQ(lanes[1].lane, event::Lane::kSample);
  EXPECT_EQ(lanes[1].objects, 3u);
  EXPECT_EQ(lanes[1].events, 7u);
  EXPECT_EQ(lanes[1].last, 5u) << "of the newest epoch";
  EXPECT_EQ(lanes[1].missing, 2u);
  EXPECT_EQ(lanes[1].policy, Digest::Of("second policy"));
}

TYPED_TEST_P(IndexConformance, WhatIsSetAsideIsShownAndNotTriedAgain) {
  const std::string folder = "sites/EWR/sample/e000001/";
  ASSERT_TRUE(this->index_.AddBatch(Samples(1, "a")));
  EXPECT_EQ(*this->index_.LastObject(folder), folder + "1.jsonl.zst");
  ASSERT_TRUE(this->index_.SetAside({folder + "2.jsonl.zst", "", "bad digest"}));
  ASSERT_TRUE(this->index_.SetAside({folder + "2.jsonl.zst", "", "another reason"}));
  EXPECT_EQ(*this->index_.LastObject(folder), folder + "2.jsonl.zst");
  EXPECT_EQ(*this->index_.LastObject("sites/EWR/sample/e000002/"), "");
  ASSERT_EQ(this->index_.AsideList(9)->size(), 1u);
  EXPECT_EQ(this->index_.AsideList(9)->front().reason, "bad digest");
}

TYPED_TEST_P(IndexConformance, DocumentsAreKeptByKindAndKey) {
  ASSERT_TRUE(this->index_.PutDocument("desired", "EWR", "{}"));
  ASSERT_TRUE(this->index_.PutDocument("desired", "EWR", R"({"number":2})"));
  ASSERT_TRUE(this->index_.PutDocument("model", "EWR", "{}"));
  const auto documents = *this->index_.Documents("desired");
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_EQ(documents[0].second, R"({"number":2})");
}

REGISTER_TYPED_TEST_SUITE_P(IndexConformance, ABatchIsIndexedOnce, ADoubledIdIsCountedAndTheFirstStays,
                            TheSameSequenceInAnotherEpochIsAnotherEvent, SamplesAreFoundByLineageAndByObject,
                            InsightsComeByHourAndKnowTheirRows, LanesCountWhatCameAndWhatWasDenied, WhatIsMissingIsFoundInEachEpoch,
                            WhatIsSetAsideIsShownAndNotTriedAgain, DocumentsAreKeptByKindAndKey);

}  // namespace edgewise::hub
