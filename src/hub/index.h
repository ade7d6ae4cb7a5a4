#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/lineage_id.h"
#include "base/result.h"
#include "base/time.h"
#include "event/event.h"

namespace edgewise::hub {

/// What a manifest says about an object of the store.
struct Batch {
  std::string object;  ///< Its name.
  std::string site;
  event::Lane lane = event::Lane::kInsight;
  std::uint64_t epoch = 0;
  std::uint64_t first = 0;  ///< Sequence of the first event judged at the site, let through or not.
  std::uint64_t last = 0;
  std::uint64_t events = 0;  ///< Let through.
  std::uint64_t denied = 0;
  int leak_bits_max = 0;
  Digest policy;
  Digest output;  ///< Of the object's bytes.
};

/// A labelled row. Its numbers stay in the object; the index knows where.
struct Sample {
  event::EventId id;
  EventTime time;
  LineageId lineage;
  Digest model;
  double score = 0;
  bool label = false;
  std::string day;
};

/// The figures of an hourly insight, beside its event.
struct Insight {
  event::EventId id;
  LineageId lineage;
  EventTime hour;
  std::uint64_t scored = 0;
  double mean_score = 0;
  std::uint64_t high_risk = 0;
  std::uint64_t labelled = 0;
  std::uint64_t late = 0;
  Digest model;
  std::vector<LineageId> rows;  ///< Scored rows it names.
};

/// Something not indexed, and why. `event` is empty when it is about the whole object.
struct Aside {
  std::string object;
  std::string event;
  std::string reason;
};

/// The content of one object, ready to be indexed.
struct DecodedBatch {
  Batch batch;
  std::vector<event::Event> events;  ///< All but samples; insights too.
  std::vector<Insight> insights;     ///< One for each insight in `events`.
  std::vector<Sample> samples;
  std::vector<Aside> aside;  ///< Events of it that were not understood.
};

struct Added {
  bool repeated = false;  ///< The object was there already; nothing was done.
  std::uint64_t indexed = 0;
  std::uint64_t doubled = 0;  ///< Events whose id (site, epoch, lane, sequence) was there already; the first one stays.
};

struct Totals {
  std::uint64_t objects = 0;
  std::uint64_t indexed = 0;
  std::uint64_t doubled = 0;
  std::uint64_t aside = 0;
  EventTime latest;  ///< Of all events.
};

/// What came in from one site and lane.
struct LaneTotals {
  std::string site;
  event::Lane lane = event::Lane::kInsight;
  std::uint64_t objects = 0;
  std::uint64_t events = 0;
  std::uint64_t denied = 0;
  std::uint64_t missing = 0;  ///< Sum over the epochs of highest sequence - events - denied: a new disk counts from 1 again.
  std::uint64_t last = 0;     ///< Highest sequence of the newest epoch.
  int leak_bits_max = 0;
  Digest policy;  ///< Of the newest object.
};

/// How a model did on the rows it scored, as far as labels came back.
struct ModelTotals {
  Digest model;
  std::uint64_t rows = 0;
  std::uint64_t late = 0;
  double logloss_sum = 0;
};

struct FoundEvent {
  event::Event event;
  std::string object;
};
struct FoundSample {
  Sample sample;
  std::string object;
};

/// Which events, newest first.
struct EventQuery {
  std::string type;  ///< Exactly.
  std::string site;  ///< Empty: all.
  std::size_t limit = 100;
};
/// Which insights, oldest first: `from` <= hour < `to`.
struct InsightQuery {
  std::string site;  ///< Empty: all.
  EventTime from;
  EventTime to;
};

/// The hub's database: what the objects of all sites say, and the hub's own documents.
/// Durability: what AddBatch(), SetAside() and PutDocument() answered survives a power cut. A batch goes in as a whole or not at all.
/// Cost: every read is by an index or of one site's hours; none walks all samples.
/// Errors: kResourceExhausted (disk full), kUnavailable (call again), kDataLoss (damaged file), kNotFound where said.
/// Threads: any number; readers do not wait for the writer.
class Index {
 public:
  virtual ~Index() = default;

  /// Exactly once by the object's name: a repetition changes nothing and says so.
  virtual Result<Added> AddBatch(const DecodedBatch& batch) = 0;
  /// Notes that an object is not indexed, and why. The first reason stays.
  virtual Result<void> SetAside(const Aside& aside) = 0;
  /// The greatest name of an object below `folder` ("sites/EWR/sample/e000001/") that was added or set aside; empty if none.
  virtual Result<std::string> LastObject(std::string_view folder) = 0;

  virtual Result<Totals> Count() = 0;
  virtual Result<std::vector<LaneTotals>> Lanes() = 0;                  ///< By site, then lane.
  virtual Result<std::vector<ModelTotals>> Models() = 0;                ///< By digest.
  virtual Result<std::vector<Aside>> AsideList(std::size_t limit) = 0;  ///< Newest first.
  virtual Result<std::vector<FoundEvent>> Events(const EventQuery& query) = 0;
  virtual Result<std::vector<Insight>> Insights(const InsightQuery& query) = 0;  ///< Without `rows`.

  virtual Result<Batch> FindObject(std::string_view name) = 0;  ///< kNotFound.
  virtual Result<std::vector<FoundSample>> SamplesOf(std::string_view object, std::size_t limit) = 0;
  virtual Result<std::vector<FoundSample>> SamplesByLineage(const LineageId& lineage) = 0;
  virtual Result<std::vector<FoundEvent>> EventsByLineage(const LineageId& lineage) = 0;
  /// Events that name this scored row among theirs.
  virtual Result<std::vector<FoundEvent>> EventsNaming(const LineageId& row) = 0;
  virtual Result<std::vector<LineageId>> RowsOf(const event::EventId& insight) = 0;

  /// The hub's own documents (JSON): site statuses, desired states, model decisions, the timeline.
  virtual Result<void> PutDocument(std::string_view kind, std::string_view key, std::string_view json) = 0;
  virtual Result<std::vector<std::pair<std::string, std::string>>> Documents(std::string_view kind) = 0;  ///< By key.
};

}  // namespace edgewise::hub
