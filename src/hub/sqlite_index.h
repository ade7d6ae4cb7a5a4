#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "hub/detail/sqlite.h"
#include "hub/index.h"

namespace edgewise::hub {

/// An Index in one SQLite file (WAL, synchronous=FULL), with one connection to write and one to read. Contract: index.h.
/// Errors of Open: kFailedPrecondition (newer format), kDataLoss (not a database), kUnavailable.
class SqliteIndex final : public Index {
 public:
  static Result<std::unique_ptr<SqliteIndex>> Open(const std::filesystem::path& file);
  ~SqliteIndex() override;

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
  using Database = detail::SqliteDatabase;

  SqliteIndex(Database writer, Database reader);
  Result<Added> Insert(const DecodedBatch& batch);
  Result<std::int64_t> InsertObject(const Batch& batch);
  Result<bool> InsertEvent(const event::Event& event, std::int64_t object);
  Result<void> InsertInsight(const Insight& insight);
  Result<bool> InsertSample(const Sample& sample, std::int64_t object);
  Result<void> AddToTotals(const DecodedBatch& batch, const Added& added);
  Result<void> InsertAside(const Aside& aside);
  Result<std::int64_t> NameNumber(std::string_view name);
  Result<std::vector<FoundEvent>> ReadEvents(detail::SqliteQuery& query);
  Result<std::vector<FoundSample>> ReadSamples(detail::SqliteQuery& query);

  std::mutex write_mutex_;
  Database writer_;
  std::map<std::string, std::int64_t, std::less<>> names_;  // sites and models by number; only what is committed
  std::mutex read_mutex_;
  Database reader_;
};

}  // namespace edgewise::hub
