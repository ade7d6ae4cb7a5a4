#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "feature/record.h"

namespace edgewise::feature {

/// Reference tables by name ("planes"): key -> column values. Kept at the site (and by the data scientist), never part of a model.
struct Table {
  std::vector<std::string> columns;
  std::map<std::string, std::vector<double>, std::less<>> rows;
};
using Tables = std::map<std::string, Table, std::less<>>;

/// Reads a CSV with a header: `key` names the key column, `columns` those to keep (numbers; "NA" or empty = NaN).
Result<Table> ReadTable(std::string_view csv, std::string_view key, std::span<const std::string> columns);

/// What one feature row holds before encoding: it travels like this, so that samples of different model versions mix.
struct Sample {
  std::vector<float> numbers;           ///< One per numeric output, in the program's order; NaN = missing.
  std::vector<std::string> categories;  ///< One per category output, in the program's order; "" = missing.
  bool operator==(const Sample&) const = default;
};

/// One column of the model's input.
struct Output {
  std::string name;
  bool category = false;
  bool seasonal = false;  ///< Drift is shown, never alarmed.
};

/// A feature program: stream and request fields with their ranges, streaming operators, and (once trained) category vocabularies.
/// It belongs to a model by digest. Immutable. Threads: any number.
class Program {
 public:
  /// Reads the human form (docs/formats/features.md). Errors: kInvalidArgument with line, key and a suggestion for a mistyped one.
  static Result<Program> FromToml(std::string_view toml, std::string_view file_name);
  /// Reads the machine form, as written by ToJson().
  static Result<Program> FromJson(std::string_view json);
  std::string ToJson() const;  ///< Canonical: same program, same bytes.
  Digest digest() const;       ///< Of ToJson().
  Digest layout() const;       ///< Of the outputs and operators without vocabularies: samples with one layout mix.

  const std::vector<Output>& outputs() const;  ///< Numbers and categories, in column order of the model's input.
  std::size_t numbers() const;
  std::size_t categories() const;
  const StreamSpec* stream(std::string_view name) const;  ///< nullptr if not declared.
  const std::vector<StreamSpec>& streams() const;
  const StreamSpec& request() const;
  const TimeZone& zone() const;

  /// The same program with these vocabularies frozen: category output name -> values; everything else encodes as "other".
  Program WithVocabularies(std::map<std::string, std::vector<std::string>> vocabularies) const;
  const std::map<std::string, std::vector<std::string>>& vocabularies() const;
  /// Writes the model's input row (outputs().size() floats): numbers as they are; a category as its place in the vocabulary, from 0;
  /// vocabulary size for "other"; NaN for missing. CHECKs the sizes.
  void Encode(const Sample& sample, std::span<float> row) const;

  struct Parts;
  explicit Program(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  const Parts& parts() const { return *parts_; }

 private:
  std::shared_ptr<const Parts> parts_;  // shared by copies of this immutable program
};

/// Whether every table that a feature looks into is there, with its column. One that the program declares optional may be missing as a
/// whole: its features are then missing too. Errors: kFailedPrecondition (names table, column, feature and the fix).
Result<void> CheckTables(const Program& program, const Tables& tables);

/// The streaming state of all operators of the programs a site runs. State is keyed by operator (its canonical text), so programs share it.
/// Each operator costs O(1) per event and key. Order: feed records in the order in which they were journaled; at equal time score first.
/// Threads: one at a time. Errors of Load: kDataLoss (damaged), kFailedPrecondition (newer format: upgrade).
class State {
 public:
  explicit State(Tables tables);
  ~State();
  State(State&&) noexcept;
  State& operator=(State&&) noexcept;

  /// Makes the program's operators part of this state; answers how many were new (they start empty: warm them with Adopt()).
  std::size_t Add(const Program& program);
  std::size_t operators() const;
  /// The part of `program` that this state does not have yet, as a state of its own to be fed from the journal's beginning.
  State Missing(const Program& program) const;
  void Adopt(State warmed);

  /// Takes one record of `stream` into all operators that read it.
  void Apply(const StreamSpec& stream, const Record& record);
  /// The features of one request at its time, from what was applied before. Changes nothing that a later answer depends on.
  /// The program must have been Add()ed; `request` was parsed with program.request().
  void Compute(const Program& program, const Record& request, Sample& sample);

  std::string Save() const;  ///< Versioned bytes, deterministic.
  static Result<State> Load(std::string_view bytes, Tables tables);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace edgewise::feature
