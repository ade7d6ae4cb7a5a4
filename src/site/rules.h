#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "detect/disruption.h"
#include "feature/program.h"

namespace edgewise::site {

/// How a scored request gets its label: by a record with the same key fields.
struct LabelRule {
  std::string model;                       ///< The model whose requests are labelled.
  std::vector<std::string> key;            ///< Fields of request and streams that together name one thing.
  std::string stream;                      ///< A record of this stream says how it went:
  std::string field;                       ///< label 1 when this number
  double above = 0;                        ///< is greater than this; a record without the number gives no label.
  std::vector<std::string> never_streams;  ///< A record of these means that there will be no label.
  std::string due;                         ///< Time field of the request
  std::chrono::hours never_after{72};      ///< after which, and this, nobody waits any more.
};

/// What of the streams goes into the disruption detector (detect/disruption.h).
struct DisruptionRule {
  bool enabled = false;
  std::vector<std::string> key;
  std::string due_stream, due_field;
  std::string started_stream, lateness_field;
  std::string cancelled_stream;
  detect::DisruptionOptions options;
};

/// Request fields that an hourly insight shows for its worst row.
struct InsightRule {
  std::string flight, tail, dest, note;
};

/// What a site does with its data beside scoring; the same at all sites of an example (docs/formats/site.md).
struct Rules {
  LabelRule label;
  DisruptionRule disruption;
  InsightRule insight;
  std::chrono::hours drift_period{7 * 24};
  std::chrono::minutes most_ahead{15};  ///< Live, a record may be so far ahead of the clock; a replay has no such limit.
};

/// Reads the TOML form and checks that every stream and field it names is declared in `program`.
/// Errors: kInvalidArgument with file, line, key and the fix.
Result<Rules> RulesFromToml(std::string_view toml, std::string_view file, const feature::Program& program);

}  // namespace edgewise::site
