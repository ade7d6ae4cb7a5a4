#pragma once

#include <string>
#include <string_view>

#include "hub/index.h"

namespace edgewise::hub {

// Batches as an indexer would hand them over; shared by the tests of this folder.
inline LineageId Lineage(char fill) { return LineageId::FromBytes(std::string(16, fill)); }
inline const Digest kModel = Digest::Of("model");

inline Batch MakeBatch(event::Lane lane, std::uint64_t first, std::uint64_t last, std::uint64_t events, std::string site = "EWR") {
  Batch batch;
  batch.object = "sites/" + site + "/" + std::string(event::LaneName(lane)) + "/e000001/" + std::to_string(first) + ".jsonl.zst";
  batch.site = std::move(site);
  batch.lane = lane;
  batch.epoch = 1;
  batch.first = first;
  batch.last = last;
  batch.events = events;
  batch.denied = last - first + 1 - events;
  batch.policy = Digest::Of("policy");
  batch.output = Digest::Of("bytes");
  return batch;
}

inline DecodedBatch Samples(std::uint64_t first, std::string_view lineages) {
  DecodedBatch decoded;
  decoded.batch = MakeBatch(event::Lane::kSample, first, first + lineages.size() - 1, lineages.size());
  for (std::size_t i = 0; i < lineages.size(); ++i) {
    decoded.samples.push_back({.id = {"EWR", 1, event::Lane::kSample, first + i},
                               .time = {1000},
                               .lineage = Lineage(lineages[i]),
                               .model = kModel,
                               .score = 0.25,
                               .label = i == 0,
                               .day = "2013-02-01"});
  }
  return decoded;
}

/// The same batch from another life of the site's disk.
inline DecodedBatch InEpoch(DecodedBatch decoded, std::uint64_t epoch) {
  decoded.batch.epoch = epoch;
  decoded.batch.object.replace(decoded.batch.object.find("e000001"), 7, "e00000" + std::to_string(epoch));
  for (auto& event : decoded.events) event.id.epoch = epoch;
  for (auto& insight : decoded.insights) insight.id.epoch = epoch;
  for (auto& sample : decoded.samples) sample.id.epoch = epoch;
  return decoded;
}

/// An insight of `hour` (since 1970) that names the rows in `rows`.
inline DecodedBatch OneInsight(std::uint64_t sequence, std::int64_t hour, char lineage, std::string_view rows) {
  DecodedBatch decoded;
  decoded.batch = MakeBatch(event::Lane::kInsight, sequence, sequence, 1);
  event::Event event;
  event.id = {"EWR", 1, event::Lane::kInsight, sequence};
  event.type = event::kInsightV1;
  event.time = {hour * 3'600'000};
  event.lineage = Lineage(lineage);
  event.data = R"({"scored":7,"model":")" + kModel.ToString() + R"("})";
  decoded.events.push_back(event);
  Insight insight;
  insight.id = event.id;
  insight.lineage = event.lineage;
  insight.hour = event.time;
  insight.scored = 7;
  insight.mean_score = 0.5;
  insight.model = kModel;
  for (const char row : rows) insight.rows.push_back(Lineage(row));
  decoded.insights.push_back(insight);
  return decoded;
}

}  // namespace edgewise::hub
