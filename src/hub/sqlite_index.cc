#include "hub/sqlite_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "hub/detail/schema.h"

namespace edgewise::hub {
namespace {

/// Runs `body` in a transaction; any error rolls it back.
template <class Body>
auto InTransaction(detail::SqliteDatabase& database, Body body) -> decltype(body()) {
  EDGEWISE_TRY(database.Execute("BEGIN IMMEDIATE"));
  auto result = body();
  if (result) {
    auto committed = database.Execute("COMMIT");
    if (committed) return result;
    result = std::unexpected(std::move(committed.error()));
  }
  (void)database.Execute("ROLLBACK");  // the first error is the one to tell
  return result;
}

double Logloss(const Sample& sample) {
  const double chance = std::clamp(sample.label ? sample.score : 1 - sample.score, 1e-7, 1.0);
  return -std::log(chance);
}

}  // namespace

SqliteIndex::SqliteIndex(Database writer, Database reader) : writer_(std::move(writer)), reader_(std::move(reader)) {}
SqliteIndex::~SqliteIndex() = default;

Result<std::unique_ptr<SqliteIndex>> SqliteIndex::Open(const std::filesystem::path& file) {
  EDGEWISE_ASSIGN(auto writer, Database::Open(file));
  EDGEWISE_TRY(detail::Initialise(writer));
  EDGEWISE_ASSIGN(auto reader, Database::Open(file));
  return std::unique_ptr<SqliteIndex>(new SqliteIndex(std::move(writer), std::move(reader)));
}

Result<Added> SqliteIndex::AddBatch(const DecodedBatch& batch) {
  const std::scoped_lock lock(write_mutex_);
  auto added = InTransaction(writer_, [&] { return Insert(batch); });
  if (!added) names_.clear();  // some of its numbers may have been rolled back
  return added;
}

Result<Added> SqliteIndex::Insert(const DecodedBatch& decoded) {
  EDGEWISE_ASSIGN(const auto object, InsertObject(decoded.batch));
  if (object == 0) return Added{.repeated = true};
  Added added;
  const auto count = [&](bool inserted) { ++(inserted ? added.indexed : added.doubled); };
  auto insight = decoded.insights.begin();
  for (const auto& event : decoded.events) {
    EDGEWISE_ASSIGN(const auto inserted, InsertEvent(event, object));
    count(inserted);
    if (insight == decoded.insights.end() || insight->id != event.id) continue;
    if (inserted) EDGEWISE_TRY(InsertInsight(*insight));
    ++insight;
  }
  std::map<Digest, ModelTotals> models;
  for (const auto& sample : decoded.samples) {
    EDGEWISE_ASSIGN(const auto inserted, InsertSample(sample, object));
    count(inserted);
    if (!inserted) continue;
    auto& model = models[sample.model];
    ++model.rows;
    model.late += sample.label ? 1 : 0;
    model.logloss_sum += Logloss(sample);
  }
  for (const auto& [digest, model] : models) {
    const auto text = digest.ToString();
    auto query = writer_(
        "INSERT INTO models VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET rows = rows + ?2, late = late + ?3, logloss = logloss + ?4");
    query.Text(1, text).Number(2, static_cast<std::int64_t>(model.rows)).Number(3, static_cast<std::int64_t>(model.late));
    EDGEWISE_TRY(query.Real(4, model.logloss_sum).Run());
  }
  for (const auto& aside : decoded.aside) EDGEWISE_TRY(InsertAside(aside));
  EDGEWISE_TRY(AddToTotals(decoded, added));
  return added;
}

Result<std::int64_t> SqliteIndex::InsertObject(const Batch& batch) {
  const auto policy = batch.policy.ToString();
  const auto output = batch.output.ToString();
  auto query = writer_("INSERT OR IGNORE INTO objects VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.Text(1, batch.object).Text(2, batch.site).Number(3, static_cast<int>(batch.lane)).Number(4, static_cast<std::int64_t>(batch.epoch));
  query.Number(5, static_cast<std::int64_t>(batch.first)).Number(6, static_cast<std::int64_t>(batch.last));
  query.Number(7, static_cast<std::int64_t>(batch.events)).Number(8, static_cast<std::int64_t>(batch.denied));
  EDGEWISE_TRY(query.Number(9, batch.leak_bits_max).Text(10, policy).Text(11, output).Run());
  return writer_.Changes() == 0 ? 0 : writer_.LastId();
}

Result<std::int64_t> SqliteIndex::NameNumber(std::string_view name) {
  if (const auto known = names_.find(name); known != names_.end()) return known->second;
  {
    auto insert = writer_("INSERT OR IGNORE INTO names(name) VALUES(?)");
    EDGEWISE_TRY(insert.Text(1, name).Run());
  }
  auto query = writer_("SELECT id FROM names WHERE name = ?");
  EDGEWISE_TRY(query.Text(1, name).Next());
  return names_.emplace(name, query.number(0)).first->second;
}

Result<bool> SqliteIndex::InsertEvent(const event::Event& event, std::int64_t object) {
  EDGEWISE_ASSIGN(const auto site, NameNumber(event.id.site));
  auto query = writer_("INSERT OR IGNORE INTO events VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.Number(1, site).Number(2, static_cast<int>(event.id.lane)).Number(3, static_cast<std::int64_t>(event.id.sequence));
  query.Number(4, static_cast<std::int64_t>(event.id.epoch)).Number(5, object).Text(6, event.type).Text(7, event.subject);
  EDGEWISE_TRY(query.Number(8, event.time.ms).Blob(9, event.lineage.bytes()).Text(10, event.data).Run());
  return writer_.Changes() == 1;
}

Result<void> SqliteIndex::InsertInsight(const Insight& insight) {
  EDGEWISE_ASSIGN(const auto site, NameNumber(insight.id.site));
  EDGEWISE_ASSIGN(const auto model, NameNumber(insight.model.ToString()));
  const auto epoch = static_cast<std::int64_t>(insight.id.epoch);
  const auto sequence = static_cast<std::int64_t>(insight.id.sequence);
  auto query = writer_("INSERT OR IGNORE INTO insights VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.Number(1, site).Number(2, insight.hour.ms).Number(3, sequence).Number(4, epoch);
  query.Blob(5, insight.lineage.bytes()).Number(6, static_cast<std::int64_t>(insight.scored)).Real(7, insight.mean_score);
  query.Number(8, static_cast<std::int64_t>(insight.high_risk)).Number(9, static_cast<std::int64_t>(insight.labelled));
  EDGEWISE_TRY(query.Number(10, static_cast<std::int64_t>(insight.late)).Number(11, model).Run());
  for (const auto& row : insight.rows) {
    auto insert = writer_("INSERT OR IGNORE INTO rows VALUES(?, ?, ?, ?)");
    EDGEWISE_TRY(insert.Blob(1, row.bytes()).Number(2, site).Number(3, epoch).Number(4, sequence).Run());
  }
  return {};
}

Result<bool> SqliteIndex::InsertSample(const Sample& sample, std::int64_t object) {
  EDGEWISE_ASSIGN(const auto site, NameNumber(sample.id.site));
  EDGEWISE_ASSIGN(const auto model, NameNumber(sample.model.ToString()));
  auto query = writer_("INSERT OR IGNORE INTO samples VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.Number(1, site).Number(2, static_cast<std::int64_t>(sample.id.sequence)).Number(3, static_cast<std::int64_t>(sample.id.epoch));
  query.Number(4, object).Number(5, sample.time.ms).Blob(6, sample.lineage.bytes()).Number(7, model).Real(8, sample.score);
  EDGEWISE_TRY(query.Number(9, sample.label ? 1 : 0).Text(10, sample.day).Run());
  return writer_.Changes() == 1;
}

Result<void> SqliteIndex::AddToTotals(const DecodedBatch& decoded, const Added& added) {
  EventTime latest;
  for (const auto& event : decoded.events) latest = std::max(latest, event.time);
  for (const auto& sample : decoded.samples) latest = std::max(latest, sample.time);
  auto totals =
      writer_("UPDATE totals SET objects = objects + 1, indexed = indexed + ?1, doubled = doubled + ?2, latest = max(latest, ?3)");
  totals.Number(1, static_cast<std::int64_t>(added.indexed)).Number(2, static_cast<std::int64_t>(added.doubled));
  EDGEWISE_TRY(totals.Number(3, latest.ms).Run());
  const auto& batch = decoded.batch;
  const auto policy = batch.policy.ToString();
  auto lane = writer_(R"(INSERT INTO lanes VALUES(?1, ?2, ?8, 1, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET objects = objects + 1,
    events = events + ?3, denied = denied + ?4, leak_bits = max(leak_bits, ?6),
    policy = CASE WHEN ?5 >= last THEN ?7 ELSE policy END, last = max(last, ?5))");
  lane.Text(1, batch.site).Number(2, static_cast<int>(batch.lane)).Number(3, static_cast<std::int64_t>(batch.events));
  lane.Number(4, static_cast<std::int64_t>(batch.denied)).Number(5, static_cast<std::int64_t>(batch.last));
  return lane.Number(6, batch.leak_bits_max).Text(7, policy).Number(8, static_cast<std::int64_t>(batch.epoch)).Run();
}

Result<void> SqliteIndex::InsertAside(const Aside& aside) {
  auto query = writer_("INSERT OR IGNORE INTO aside VALUES(NULL, ?, ?, ?)");
  return query.Text(1, aside.object).Text(2, aside.event).Text(3, aside.reason).Run();
}

Result<void> SqliteIndex::SetAside(const Aside& aside) {
  const std::scoped_lock lock(write_mutex_);
  return InsertAside(aside);
}

Result<void> SqliteIndex::PutDocument(std::string_view kind, std::string_view key, std::string_view json) {
  const std::scoped_lock lock(write_mutex_);
  auto query = writer_("INSERT OR REPLACE INTO documents VALUES(?, ?, ?)");
  return query.Text(1, kind).Text(2, key).Text(3, json).Run();
}

}  // namespace edgewise::hub
