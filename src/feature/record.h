#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace edgewise::feature {

enum class FieldKind : std::uint8_t { kNumber, kText, kTime };

/// A field that a stream's records (or score requests) may carry. Unknown fields in the input are ignored, missing ones are NaN or "".
struct FieldSpec {
  std::string name;
  FieldKind kind = FieldKind::kNumber;
  double min = -std::numeric_limits<double>::infinity();  ///< A number outside [min, max] is quarantined: it becomes NaN and is reported.
  double max = std::numeric_limits<double>::infinity();
  bool required = false;  ///< A record without it is refused.
};

struct StreamSpec {
  std::string name;
  std::vector<FieldSpec> fields;
  /// Index into `fields`, or -1.
  int Find(std::string_view field) const;
};

/// One value: `number` for kNumber (NaN = missing) and kTime (ms since 1970, NaN = missing), `text` for kText ("" = missing).
struct Value {
  double number = std::numeric_limits<double>::quiet_NaN();
  std::string text;
};

/// A value that was outside its declared range; it has been replaced by NaN.
struct Quarantined {
  std::string field;
  double value = 0;
};

/// A record (or a score request) after parsing; `values` is parallel to its StreamSpec's fields.
struct Record {
  EventTime time;              ///< When it happened (a request: the moment it asks about).
  std::string producer;        ///< With `sequence`, names the record: a repeated one changes nothing. Empty for requests.
  std::uint64_t sequence = 0;  ///< From 1, ascending per producer.
  std::vector<Value> values;
  std::vector<Quarantined> quarantined;
};

/// Reads one JSON object {"time":"...Z","producer":"...","seq":7, fields...} (simdjson). For requests `time`, `producer`, `seq` may be
/// missing. Not thread-safe (holds a parser); one per thread. Errors: kInvalidArgument (names stream, field and what was expected).
class RecordParser {
 public:
  enum class Form { kRecord, kRequest };
  RecordParser();
  ~RecordParser();
  Result<Record> Parse(const StreamSpec& stream, std::string_view json, Form form);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace edgewise::feature
