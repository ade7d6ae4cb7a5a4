#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/digest.h"
#include "base/lineage_id.h"
#include "base/result.h"
#include "base/time.h"
#include "feature/program.h"

struct sqlite3;

namespace edgewise::site {

enum class LabelState : std::uint8_t { kPending = 0, kNegative = 1, kPositive = 2, kNever = 3 };

/// A scored row as the site keeps it. It stays at the site.
struct ScoredRow {
  LineageId lineage;
  Digest model;
  Digest layout;
  EventTime scored_at;
  double score = 0;
  std::string request;  ///< The request's JSON object.
  std::string sample;   ///< EncodeSample()
  LabelState label = LabelState::kPending;
  std::optional<EventTime> label_at;
};

/// What happened to a row.
struct RowAdded {
  ScoredRow row;
};
struct RowLabelled {
  LineageId lineage;
  LabelState label = LabelState::kPending;
  EventTime at;
};
using ScoreChange = std::variant<RowAdded, RowLabelled>;

/// The site's local record of every scored row and its label (SQLite, one file): `edgewise export scores`, `edgewise score replay`.
/// Durability: what Apply() answered survives a power cut; `through` is stored in the same transaction, so a repeated Apply changes
/// nothing. Errors: kFailedPrecondition (not a score log of this version), kDataLoss (damaged, or no database), kResourceExhausted (disk
/// full), kUnavailable. Threads: one writer; readers open their own with OpenForReading() while the writer works.
class ScoreLog {
 public:
  static Result<std::unique_ptr<ScoreLog>> Open(const std::filesystem::path& file);
  static Result<std::unique_ptr<ScoreLog>> OpenForReading(const std::filesystem::path& file);
  /// Whether SQLite finds damage in the file, or no database at all; false without a file. It reads all of it.
  static bool IsDamaged(const std::filesystem::path& file);
  /// Gives the file a name that ends in ".damaged-1" (or -2, ...), so that a new one can be filled from the journal. Nobody has it open.
  /// Answers that name. Errors: kUnavailable.
  static Result<std::filesystem::path> SetAside(const std::filesystem::path& file);
  ~ScoreLog();

  /// Applies changes derived from the journal up to `through`; nothing happens if that is not above AppliedThrough().
  Result<void> Apply(std::span<const ScoreChange> changes, std::uint64_t through);
  Result<std::uint64_t> AppliedThrough();

  Result<std::optional<ScoredRow>> Find(const LineageId& lineage);
  /// Visits rows in the order in which they were scored; a visitor's error ends the walk.
  Result<void> ForEach(const std::function<Result<void>(const ScoredRow&)>& visit);

 private:
  struct Statements;
  explicit ScoreLog(sqlite3* database);
  Result<void> Prepare(bool writing);

  sqlite3* database_;
  std::unique_ptr<Statements> statements_;
};

}  // namespace edgewise::site
