#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "feature/record.h"

namespace edgewise::feature::detail {

enum class OperatorKind : std::uint8_t { kEwma, kRolling, kBucket, kWaiting, kLast, kAsOf };
enum class BucketSize : std::uint8_t { kHour, kDay };

/// What a feature reads out of an operator.
enum class Read : std::uint8_t { kCount, kMean, kMax, kShare, kLong, kValue, kAge, kChange };

/// One streaming operator; docs/formats/features.md says which members each kind uses.
struct OperatorSpec {
  OperatorKind kind = OperatorKind::kEwma;
  std::string stream;                  ///< kWaiting: the stream that opens.
  std::vector<std::string> closed_by;  ///< kWaiting: streams that close.
  std::vector<std::string> key;        ///< Fields of stream and request.
  std::string value, minus;            ///< Field, or difference of two; value may be empty for kRolling.
  std::vector<std::string> fields;     ///< kAsOf: all numbers of the stream.
  std::string at;                      ///< Time field: kBucket in stream and request, kWaiting the due time.
  BucketSize bucket = BucketSize::kHour;
  std::string zone;  ///< kBucket: where the hours and days are.
  double alpha = 1;
  double cap = std::numeric_limits<double>::infinity();
  double above = 0;         ///< kRolling: what kShare counts.
  std::int64_t window = 0;  ///< ms. kRolling, kLast (within), kWaiting (forget).
  std::int64_t long_wait = 0, min_age = 0, max_age = 0, change_over = 0;

  /// Canonical JSON: two operators with the same text have the same state.
  std::string Text() const;
};

struct NamedOperator {
  std::string name;
  OperatorSpec spec;
};

enum class FeatureKind : std::uint8_t { kField, kCategory, kTime, kTable, kOperator };
enum class TimePart : std::uint8_t { kMinuteOfDay, kHour, kWeekday, kYearday, kMonth };
enum class TimeForm : std::uint8_t { kPlain, kSin, kCos };

struct FeatureSpec {
  std::string name;
  bool seasonal = false;
  FeatureKind kind = FeatureKind::kField;
  std::string field;  ///< Of the request; kTable: the key; kOperator with kAsOf: of the stream.
  TimePart part = TimePart::kMinuteOfDay;
  TimeForm form = TimeForm::kPlain;
  std::string table, column, years_until;  ///< kTable; years_until: a time field of the request, the value is then local year minus column.
  std::size_t op = 0;                      ///< kOperator: index into Spec::operators.
  Read read = Read::kValue;
};

/// A feature program as data: what TOML and JSON describe, checked.
struct Spec {
  std::string zone = "UTC";
  StreamSpec request;
  std::vector<StreamSpec> streams;       ///< By name.
  std::vector<NamedOperator> operators;  ///< By name.
  std::vector<FeatureSpec> features;     ///< In column order.
  std::map<std::string, std::vector<std::string>> vocabularies;
  std::set<std::string> optional_tables;  ///< Where nobody gives one of these, its features are missing.

  const StreamSpec* Stream(std::string_view name) const;
};

/// What is wrong, and where: the keys and indices that lead there from the root.
struct Problem {
  std::vector<std::string> path;
  std::string message;
};

/// Fills `spec` from a document, or says the first thing that is wrong with it.
std::optional<Problem> ReadSpec(const nlohmann::json& document, Spec& spec);
nlohmann::json WriteSpec(const Spec& spec);
/// What decides whether samples mix: zone, features and their operators; neither names of operators, ranges nor vocabularies.
nlohmann::json WriteLayout(const Spec& spec);

/// Reads OperatorSpec::Text() back; nothing if it is not one (a newer format).
std::optional<OperatorSpec> OperatorFromText(const std::string& text);

}  // namespace edgewise::feature::detail
