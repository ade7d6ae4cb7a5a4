#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/lineage_id.h"
#include "base/result.h"
#include "base/time.h"
#include "feature/program.h"

namespace edgewise::site {

/// A scored row that waits for its label.
struct Waiting {
  LineageId lineage;
  Digest model;
  Digest layout;
  EventTime asked_at;  ///< The request's own time; earlier than scored_at if it was dated back.
  EventTime scored_at;
  EventTime give_up;  ///< From here on it never gets one.
  double score = 0;
  feature::Sample sample;
};

/// Scored rows by the key of the thing they are about. One thing may be scored more than once.
/// Order of answers: as scored; deterministic. Threads: one at a time.
class LabelJoin {
 public:
  void Add(std::string key, Waiting row);
  /// Takes out all rows of this key; empty if nobody waits.
  std::vector<Waiting> Take(std::string_view key);
  /// Takes out the row with this lineage id.
  std::optional<Waiting> Take(const LineageId& lineage);
  /// Takes out the rows whose time is over.
  std::vector<Waiting> TakeExpired(EventTime now);
  /// Rows of this key whose request named this moment.
  std::vector<LineageId> Find(std::string_view key, EventTime asked_at) const;
  std::size_t size() const { return rows_.size(); }

  std::string Save() const;
  static Result<LabelJoin> Load(std::string_view bytes);  ///< Errors: kDataLoss.

 private:
  struct Row {
    std::string key;
    Waiting waiting;
  };
  std::optional<Waiting> Remove(std::uint64_t number);

  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Row> rows_;  // by number, in the order of scoring
  std::unordered_map<std::string, std::vector<std::uint64_t>> by_key_;
  std::unordered_map<LineageId, std::uint64_t, LineageIdHash> by_lineage_;
  std::multimap<std::int64_t, std::uint64_t> by_end_;
};

}  // namespace edgewise::site
