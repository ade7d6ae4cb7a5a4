#pragma once

#include <functional>
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

  /// Parses records of one stream, answers the lines that are new as the entry to journal; nothing is changed.
  /// Errors: kNotFound (stream), kInvalidArgument (line and field). One bad line refuses the whole batch.
  Result<RecordsEntry> Check(std::string_view stream, std::string_view lines);
  /// Whether nothing of it is new: answered without a journal entry.
  static bool Empty(const RecordsEntry& entry) { return entry.lines.empty(); }

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
