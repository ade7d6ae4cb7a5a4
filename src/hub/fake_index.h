#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>

#include "hub/index.h"

namespace edgewise::hub {

/// An Index in memory for tests. FailNext() makes the next call fail without effect.
class FakeIndex final : public Index {
 public:
  void FailNext(Error error);

  Result<Added> AddBatch(const DecodedBatch& batch) override;
  Result<void> SetAside(const Aside& aside) override;
  Result<std::string> LastObject(std::string_view folder) override;
  Result<Totals> Count() override;
  Result<std::vector<LaneTotals>> Lanes() override;
  Result<std::vector<ModelTotals>> Models() override;
  Result<std::vector<Aside>> AsideList(std::size_t limit) override;
  Result<std::vector<FoundEvent>> Events(const EventQuery& query) override;
  Result<std::vector<Insight>> Insights(const InsightQuery& query) override;
  Result<Batch> FindObject(std::string_view name) override;
  Result<std::vector<FoundSample>> SamplesOf(std::string_view object, std::size_t limit) override;
  Result<std::vector<FoundSample>> SamplesByLineage(const LineageId& lineage) override;
  Result<std::vector<FoundEvent>> EventsByLineage(const LineageId& lineage) override;
  Result<std::vector<FoundEvent>> EventsNaming(const LineageId& row) override;
  Result<std::vector<LineageId>> RowsOf(const event::EventId& insight) override;
  Result<void> PutDocument(std::string_view kind, std::string_view key, std::string_view json) override;
  Result<std::vector<std::pair<std::string, std::string>>> Documents(std::string_view kind) override;

 private:
  using Key = std::tuple<std::string, std::uint64_t, event::Lane, std::uint64_t>;  // site, epoch, lane, sequence

  Result<void> TakeFailure();
  bool TakeId(const event::EventId& id);
  void NoteAside(const Aside& aside);

  std::mutex mutex_;
  std::optional<Error> failure_;
  std::map<std::string, Batch, std::less<>> objects_;
  std::set<Key> ids_;
  std::vector<FoundEvent> events_;
  std::vector<Insight> insights_;
  std::vector<FoundSample> samples_;
  std::vector<Aside> aside_;
  std::uint64_t doubled_ = 0;
  std::map<std::pair<std::string, std::string>, std::string> documents_;
};

}  // namespace edgewise::hub
