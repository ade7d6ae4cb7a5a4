#include <fmt/format.h>

#include <limits>
#include <utility>

#include "hub/detail/lane_totals.h"
#include "hub/sqlite_index.h"

namespace edgewise::hub {
namespace {

std::uint64_t Count(const detail::SqliteQuery& query, int column) { return static_cast<std::uint64_t>(query.number(column)); }

// What this class wrote itself; a damaged text reads as zero rather than stopping the page.
Digest ReadDigest(std::string_view text) {
  const auto digest = Digest::Parse(text);
  return digest ? *digest : Digest();
}

LineageId ReadLineage(std::string_view bytes) { return bytes.size() == 16 ? LineageId::FromBytes(bytes) : LineageId(); }

}  // namespace

Result<std::string> SqliteIndex::LastObject(std::string_view folder) {
  const std::string end = std::string(folder) + '\x7f';
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_(R"(SELECT max(coalesce((SELECT max(name) FROM objects WHERE name > ?1 AND name < ?2), ''),
                                 coalesce((SELECT max(object) FROM aside WHERE object > ?1 AND object < ?2), '')))");
  EDGEWISE_TRY(query.Text(1, folder).Text(2, end).Next());
  return std::string(query.text(0));
}

Result<Totals> SqliteIndex::Count() {
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_("SELECT objects, indexed, doubled, latest, (SELECT count(*) FROM aside) FROM totals");
  EDGEWISE_TRY(query.Next());
  return Totals{hub::Count(query, 0), hub::Count(query, 1), hub::Count(query, 2), hub::Count(query, 4), {query.number(3)}};
}

Result<std::vector<LaneTotals>> SqliteIndex::Lanes() {
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_("SELECT site, lane, objects, events, denied, last, leak_bits, policy FROM lanes ORDER BY site, lane, epoch");
  std::vector<LaneTotals> lanes;
  while (true) {
    EDGEWISE_ASSIGN(const bool more, query.Next());
    if (!more) return lanes;
    LaneTotals epoch;
    epoch.site = query.text(0);
    epoch.lane = static_cast<event::Lane>(query.number(1));
    epoch.objects = hub::Count(query, 2);
    epoch.events = hub::Count(query, 3);
    epoch.denied = hub::Count(query, 4);
    epoch.last = hub::Count(query, 5);
    epoch.leak_bits_max = static_cast<int>(query.number(6));
    epoch.policy = ReadDigest(query.text(7));
    detail::AddEpoch(lanes, std::move(epoch));
  }
}

Result<std::vector<ModelTotals>> SqliteIndex::Models() {
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_("SELECT model, rows, late, logloss FROM models ORDER BY model");
  std::vector<ModelTotals> models;
  while (true) {
    EDGEWISE_ASSIGN(const bool more, query.Next());
    if (!more) return models;
    models.push_back({ReadDigest(query.text(0)), hub::Count(query, 1), hub::Count(query, 2), query.real(3)});
  }
}

Result<std::vector<Aside>> SqliteIndex::AsideList(std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_("SELECT object, event, reason FROM aside ORDER BY id DESC LIMIT ?");
  query.Number(1, static_cast<std::int64_t>(limit));
  std::vector<Aside> aside;
  while (true) {
    EDGEWISE_ASSIGN(const bool more, query.Next());
    if (!more) return aside;
    aside.push_back({std::string(query.text(0)), std::string(query.text(1)), std::string(query.text(2))});
  }
}

// Columns of every query that ends here: site, epoch, lane, sequence, type, subject, time, lineage, data, object.
#define EDGEWISE_EVENT_COLUMNS "SELECT n.name, e.epoch, e.lane, e.sequence, e.type, e.subject, e.time, e.lineage, e.data, o.name FROM "
#define EDGEWISE_EVENT_JOIN " JOIN names n ON n.id = e.site JOIN objects o ON o.id = e.object "

Result<std::vector<FoundEvent>> SqliteIndex::ReadEvents(detail::SqliteQuery& query) {
  std::vector<FoundEvent> found;
  while (true) {
    EDGEWISE_ASSIGN(const bool more, query.Next());
    if (!more) return found;
    event::Event event;
    event.id = {std::string(query.text(0)), hub::Count(query, 1), static_cast<event::Lane>(query.number(2)), hub::Count(query, 3)};
    event.type = query.text(4);
    event.subject = query.text(5);
    event.time = {query.number(6)};
    event.lineage = ReadLineage(query.text(7));
    event.data = query.text(8);
    found.push_back({std::move(event), std::string(query.text(9))});
  }
}

Result<std::vector<FoundEvent>> SqliteIndex::Events(const EventQuery& wanted) {
  const std::scoped_lock lock(read_mutex_);
  const auto limit = static_cast<std::int64_t>(wanted.limit);
  if (wanted.site.empty()) {
    auto query = reader_(EDGEWISE_EVENT_COLUMNS "events e" EDGEWISE_EVENT_JOIN "WHERE e.type = ? ORDER BY e.time DESC, e.id DESC LIMIT ?");
    query.Text(1, wanted.type).Number(2, limit);
    return ReadEvents(query);
  }
  auto query = reader_(EDGEWISE_EVENT_COLUMNS
                       "events e" EDGEWISE_EVENT_JOIN
                       "WHERE e.type = ? AND e.site = (SELECT id FROM names WHERE name = ?) ORDER BY e.time DESC, e.id DESC LIMIT ?");
  query.Text(1, wanted.type).Text(2, wanted.site).Number(3, limit);
  return ReadEvents(query);
}

Result<std::vector<FoundEvent>> SqliteIndex::EventsByLineage(const LineageId& lineage) {
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_(EDGEWISE_EVENT_COLUMNS "events e" EDGEWISE_EVENT_JOIN "WHERE e.lineage = ? ORDER BY e.id LIMIT 100");
  query.Blob(1, lineage.bytes());
  return ReadEvents(query);
}

Result<std::vector<FoundEvent>> SqliteIndex::EventsNaming(const LineageId& row) {
  const std::scoped_lock lock(read_mutex_);
  auto query =
      reader_(EDGEWISE_EVENT_COLUMNS
              "rows r JOIN events e ON e.site = r.site AND e.epoch = r.epoch AND e.lane = 1 AND e.sequence = r.sequence" EDGEWISE_EVENT_JOIN
              "WHERE r.lineage = ? ORDER BY e.id LIMIT 100");
  query.Blob(1, row.bytes());
  return ReadEvents(query);
}

Result<std::vector<LineageId>> SqliteIndex::RowsOf(const event::EventId& insight) {
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_(
      "SELECT lineage FROM rows WHERE site = (SELECT id FROM names WHERE name = ?) AND epoch = ? AND sequence = ? ORDER BY lineage");
  query.Text(1, insight.site).Number(2, static_cast<std::int64_t>(insight.epoch)).Number(3, static_cast<std::int64_t>(insight.sequence));
  std::vector<LineageId> rows;
  while (true) {
    EDGEWISE_ASSIGN(const bool more, query.Next());
    if (!more) return rows;
    rows.push_back(ReadLineage(query.text(0)));
  }
}

Result<std::vector<Insight>> SqliteIndex::Insights(const InsightQuery& wanted) {
  const std::scoped_lock lock(read_mutex_);
  auto query =
      reader_(R"(SELECT n.name, i.epoch, i.sequence, i.lineage, i.hour, i.scored, i.mean_score, i.high_risk, i.labelled, i.late, m.name
    FROM names n JOIN insights i ON i.site = n.id JOIN names m ON m.id = i.model
    WHERE (?1 = '' OR n.name = ?1) AND i.hour >= ?2 AND i.hour < ?3 ORDER BY n.name, i.hour, i.epoch, i.sequence)");
  query.Text(1, wanted.site).Number(2, wanted.from.ms).Number(3, wanted.to.ms);
  std::vector<Insight> insights;
  std::string model_text;  // the same for months: read once
  Digest model;
  while (true) {
    EDGEWISE_ASSIGN(const bool more, query.Next());
    if (!more) return insights;
    if (query.text(10) != model_text) {
      model_text = query.text(10);
      model = ReadDigest(model_text);
    }
    Insight insight;
    insight.id = {std::string(query.text(0)), hub::Count(query, 1), event::Lane::kInsight, hub::Count(query, 2)};
    insight.lineage = ReadLineage(query.text(3));
    insight.hour = {query.number(4)};
    insight.scored = hub::Count(query, 5);
    insight.mean_score = query.real(6);
    insight.high_risk = hub::Count(query, 7);
    insight.labelled = hub::Count(query, 8);
    insight.late = hub::Count(query, 9);
    insight.model = model;
    insights.push_back(std::move(insight));
  }
}

Result<Batch> SqliteIndex::FindObject(std::string_view name) {
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_("SELECT site, lane, epoch, first, last, events, denied, leak_bits, policy, output FROM objects WHERE name = ?");
  EDGEWISE_ASSIGN(const bool found, query.Text(1, name).Next());
  if (!found) return Fail(Code::kNotFound, fmt::format("index: no object \"{}\"", name));
  return Batch{std::string(name),         std::string(query.text(0)), static_cast<event::Lane>(query.number(1)),
               hub::Count(query, 2),      hub::Count(query, 3),       hub::Count(query, 4),
               hub::Count(query, 5),      hub::Count(query, 6),       static_cast<int>(query.number(7)),
               ReadDigest(query.text(8)), ReadDigest(query.text(9))};
}

#define EDGEWISE_SAMPLE_COLUMNS "SELECT n.name, s.epoch, s.sequence, s.time, s.lineage, m.name, s.score, s.label, s.day, o.name FROM "
#define EDGEWISE_SAMPLE_JOIN " JOIN names n ON n.id = s.site JOIN names m ON m.id = s.model "

Result<std::vector<FoundSample>> SqliteIndex::ReadSamples(detail::SqliteQuery& query) {
  std::vector<FoundSample> found;
  while (true) {
    EDGEWISE_ASSIGN(const bool more, query.Next());
    if (!more) return found;
    Sample sample;
    sample.id = {std::string(query.text(0)), hub::Count(query, 1), event::Lane::kSample, hub::Count(query, 2)};
    sample.time = {query.number(3)};
    sample.lineage = ReadLineage(query.text(4));
    sample.model = ReadDigest(query.text(5));
    sample.score = query.real(6);
    sample.label = query.number(7) != 0;
    sample.day = query.text(8);
    found.push_back({std::move(sample), std::string(query.text(9))});
  }
}

Result<std::vector<FoundSample>> SqliteIndex::SamplesOf(std::string_view object, std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_(EDGEWISE_SAMPLE_COLUMNS  // by the primary key, through the object's range of sequences
                       "objects o JOIN names n ON n.name = o.site JOIN samples s ON s.site = n.id AND s.epoch = o.epoch"
                       " AND s.sequence BETWEEN o.first AND o.last"
                       " JOIN names m ON m.id = s.model WHERE o.name = ?1 AND s.object = o.id ORDER BY s.sequence LIMIT ?2");
  query.Text(1, object).Number(2, static_cast<std::int64_t>(limit));
  return ReadSamples(query);
}

Result<std::vector<FoundSample>> SqliteIndex::SamplesByLineage(const LineageId& lineage) {
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_(EDGEWISE_SAMPLE_COLUMNS "samples s" EDGEWISE_SAMPLE_JOIN "JOIN objects o ON o.id = s.object WHERE s.lineage = ?");
  query.Blob(1, lineage.bytes());
  return ReadSamples(query);
}

Result<std::vector<std::pair<std::string, std::string>>> SqliteIndex::Documents(std::string_view kind) {
  const std::scoped_lock lock(read_mutex_);
  auto query = reader_("SELECT key, json FROM documents WHERE kind = ? ORDER BY key");
  query.Text(1, kind);
  std::vector<std::pair<std::string, std::string>> documents;
  while (true) {
    EDGEWISE_ASSIGN(const bool more, query.Next());
    if (!more) return documents;
    documents.emplace_back(query.text(0), query.text(1));
  }
}

}  // namespace edgewise::hub
