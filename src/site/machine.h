#pragma once

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "detect/disruption.h"
#include "detect/drift.h"
#include "detect/insight.h"
#include "event/event.h"
#include "feature/program.h"
#include "site/entry.h"
#include "site/label_join.h"
#include "site/rules.h"
#include "site/score_log.h"
#include "train/model.h"

namespace edgewise::site {

/// What applying entries brought about, for the queue and the score log.
struct Effects {
  std::vector<event::Event> events;
  std::vector<ScoreChange> changes;
};

/// Counts that a site shows to everyone: no site data.
struct MachineCounts {
  std::uint64_t records = 0;
  std::uint64_t scored = 0;
  std::uint64_t labelled = 0;
  std::uint64_t never = 0;
  std::uint64_t quarantined = 0;
};

/// A body of records, looked at and not applied.
struct CheckedRecords {
  RecordsEntry entry;        ///< The lines that are new, to be journaled.
  std::size_t fresh = 0;     ///< How many those are.
  std::size_t repeated = 0;  ///< At or below the highest sequence their producer had reached before, or twice in this body.
  std::size_t skipped =
      0;                  ///< After a higher sequence of this very body: never said before and never taken. The producer's order is wrong.
  std::size_t ahead = 0;  ///< First line, from 1, that is new and lies after `latest`; 0: none. Then nothing of the body may be taken.
};

/// All that a site knows, as a function of its journal: apply the same entries, get the same state and the same effects (but for the random
/// lineage ids of insights and findings). No threads, no files, no clock. One thread at a time.
class Machine {
 public:
  struct Options {
    Rules rules;
    feature::Program program;  ///< Declares the site's streams and request.
    feature::Tables tables;
    /// The program and profile of a model that scored; nullptr if it is not known here any more (then its drift is not counted).
    std::function<std::shared_ptr<const train::ModelCard>(const Digest&)> card;
  };

  explicit Machine(Options options);

  /// Parses records of one stream and finds those that are new; nothing is changed. No record should be later than `latest`.
  /// Errors: kNotFound (stream), kInvalidArgument (line and field). One bad line refuses the whole batch.
  Result<CheckedRecords> Check(std::string_view stream, std::string_view lines, EventTime latest = kAnyTime);
  static constexpr EventTime kAnyTime{std::numeric_limits<std::int64_t>::max()};

  /// Applies one entry. Records that do not fit their stream (it was declared otherwise when they were journaled) are passed over and
  /// counted in outdated(). Errors: kInvalidArgument (a scored request that does not fit): nothing has changed.
  Result<void> Apply(const Entry& entry, Effects& effects);

  /// The features of a request, from what was applied so far.
  void Compute(const feature::Program& program, const feature::Record& request, feature::Sample& sample) {
    state_.Compute(program, request, sample);
  }
  /// Rows of the same thing at the same moment that wait for their label: candidates for "this request was said before". None if the
  /// request names no time of its own. Errors: kInvalidArgument (as the parser).
  Result<std::vector<LineageId>> WaitingLike(std::string_view request_json);
  feature::State& features() { return state_; }
  const feature::Program& program() const { return options_.program; }
  const Rules& rules() const { return options_.rules; }
  feature::RecordParser& parser() { return parser_; }

  EventTime now() const { return now_; }  ///< The highest event time applied.
  const MachineCounts& counts() const { return counts_; }
  std::uint64_t outdated() const { return outdated_; }
  std::size_t pending() const { return labels_.size(); }

  std::string Save() const;
  /// Errors: kDataLoss, kFailedPrecondition (newer format): rebuild from the journal.
  Result<void> Load(std::string_view bytes);

 private:
  using OnRecord = std::function<void(const feature::StreamSpec&, const feature::Record&)>;
  std::uint64_t Reached(const std::string& producer) const;
  void ForEachRecord(const RecordsEntry& entry, const OnRecord& visit);
  void Record(const feature::StreamSpec& stream, const feature::Record& record, Effects& effects);
  Result<void> Scored(const ScoredEntry& entry, Effects& effects);
  void Advance(EventTime time, Effects& effects);
  void CloseHour(EventTime end, Effects& effects);
  void CloseDriftPeriod(EventTime end, Effects& effects);
  void Quarantine(const feature::StreamSpec& stream, const feature::Record& record, Effects& effects);
  void Detect(const feature::StreamSpec& stream, const feature::Record& record);
  void Label(const feature::StreamSpec& stream, const feature::Record& record, Effects& effects);
  void GiveLabel(const Waiting& row, LabelState label, EventTime at, Effects& effects);
  struct DriftState {
    feature::Program program;
    detect::Drift drift;
  };
  DriftState* DriftOf(const Digest& model);
  void CountDrift(const ScoredEntry& entry);

  Options options_;
  feature::RecordParser parser_;
  feature::State state_;
  LabelJoin labels_;
  detect::Disruption disruption_;
  detect::HourlyInsight insight_;
  std::map<Digest, DriftState> drift_;
  std::map<std::string, std::string> saved_drift_;            // counts of models whose card has not been asked for yet, by digest text
  std::unordered_map<std::string, std::uint64_t> producers_;  // highest sequence of each
  EventTime now_;
  EventTime drift_from_;
  std::uint64_t outdated_ = 0;
  MachineCounts counts_;
};

}  // namespace edgewise::site
