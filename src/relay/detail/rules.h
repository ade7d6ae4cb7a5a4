#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "relay/policy.h"

namespace edgewise::relay::detail {

/// What a field may be when it leaves. Values that are not of the kind stay at the site.
enum class Kind : std::uint8_t { kDrop, kNumber, kText, kValues, kId, kDigest, kDate, kTime, kFlag, kPseudonym };

/// The rule of one field.
struct Field {
  Kind kind = Kind::kDrop;
  int decimals = 0;                                ///< kNumber: rounded to this.
  double min = 0;                                  ///< kNumber
  double max = 0;                                  ///< kNumber
  std::size_t length = 0;                          ///< kText: bytes at most.
  std::set<std::string, std::less<>> values = {};  ///< kValues
  std::string domain = {};                         ///< kPseudonym: the field's own name; equal names share pseudonyms.
  double bits = 0;                                 ///< log2 of how many values may leave; of one element if the field is an array.
  std::size_t place = 0;                           ///< In Rule::paths; below 64.
};

/// A name in the data: a field's rule, or an object (or an array of objects) whose own names have rules.
struct Node {
  std::map<std::string, Node, std::less<>> children;
  bool is_field = false;
  Field field;
};

/// What one event type may carry.
struct Rule {
  std::string type;
  double share = 1;
  std::set<std::string, std::less<>> subjects;
  Node data;
  std::vector<std::string> paths;  ///< By Field::place.
};

/// What happened to one event's data.
struct Trace {
  std::uint64_t dropped = 0;        ///< Bits by Field::place.
  std::uint64_t pseudonymised = 0;  ///< Bits by Field::place.
  std::uint32_t unnamed = 0;
  double bits = 0;
  bool operator==(const Trace&) const = default;
};

}  // namespace edgewise::relay::detail

namespace edgewise::relay {

struct Policy::Rules {
  std::map<std::string, detail::Rule, std::less<>> by_type;
  Digest digest;
  std::string pseudonym_key;
  std::string seal_key;
};

}  // namespace edgewise::relay

namespace edgewise::relay::detail {

/// One event judged, without its line.
struct Decision {
  const Rule* rule = nullptr;  ///< Allowed by; nullptr = denied.
  std::string_view reason;     ///< If denied.
  Trace trace;
};

/// Judges events one after the other; holds the parser and the buffers. One per thread.
class Judge {
 public:
  explicit Judge(const Policy::Rules& rules);
  ~Judge();
  /// If allowed, appends the event's CloudEvent JSON to `out`, without a line's end.
  Decision Decide(const event::Event& event, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The places of `mask` by their names.
std::vector<std::string> Names(const Rule& rule, std::uint64_t mask);

/// "dropped":[..] and so on, made once per way in which events are judged: few, while events are many.
class AuditLines {
 public:
  explicit AuditLines(const Digest& policy) : policy_(policy.Short()) {}
  void Append(const event::Event& event, const Decision& decision, std::string& out);

 private:
  std::string Ending(const event::Event& event, const Decision& decision) const;

  struct Entry {
    const Rule* rule;
    std::string_view reason;
    Trace trace;
    std::string type;
    std::string ending;
  };
  std::string policy_;
  std::vector<Entry> endings_;
};

}  // namespace edgewise::relay::detail
