#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "feature/detail/spec.h"

namespace edgewise::feature::detail {

/// Where an operator finds its fields in one stream's records, or in requests; -1 = not there.
struct Places {
  struct Key {
    int index = -1;
    FieldKind kind = FieldKind::kText;
  };
  std::vector<Key> key;
  int value = -1, minus = -1, at = -1;
  std::vector<int> fields;
  bool subtracts = false;
  bool closes = false;  ///< A stream that closes what another opened.
};
Places FindPlaces(const OperatorSpec& op, const StreamSpec& stream);

/// Writes the key's values one behind the other; false if one is missing.
bool WriteKey(const Places& places, const Record& record, std::string& key);
/// The operator's value in this record, NaN = missing.
double ValueOf(const Places& places, const Record& record);
double NumberAt(int index, const Record& record);

/// One request to an operator.
struct Question {
  EventTime time;
  std::string_view key;
  double at = 0;  ///< The request's `at` field, ms; NaN = missing.
};

/// One number to read from an operator, and where it goes in the sample.
struct Reading {
  Read read = Read::kValue;
  std::size_t field = 0;   ///< kAsOf: index into OperatorSpec::fields.
  std::size_t number = 0;  ///< Index into Sample::numbers, which is NaN before.
};

/// The state of one operator. Amortised O(1) per record and key; an answer costs at most O(log) of what the window holds.
/// Answer() may move caches, never what a later answer says. Saved bytes depend on the records alone.
class Source {
 public:
  virtual ~Source() = default;
  virtual void Apply(const Record& record, const Places& places, std::string_view key) = 0;
  virtual void Answer(const Question& question, std::span<const Reading> readings, std::span<float> numbers) = 0;
  virtual void Save(ByteWriter& out) const = 0;
  virtual void Load(ByteReader& in) = 0;
};

std::unique_ptr<Source> MakeEwma(const OperatorSpec& op);
std::unique_ptr<Source> MakeRolling(const OperatorSpec& op);
std::unique_ptr<Source> MakeBucket(const OperatorSpec& op, TimeZone zone);
std::unique_ptr<Source> MakeWaiting(const OperatorSpec& op);
std::unique_ptr<Source> MakeLast(const OperatorSpec& op);
std::unique_ptr<Source> MakeAsOf(const OperatorSpec& op);
/// Errors: kNotFound (a bucket's time zone).
Result<std::unique_ptr<Source>> MakeSource(const OperatorSpec& op);

}  // namespace edgewise::feature::detail
