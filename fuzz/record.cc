// A record or a request that a local application sends: parsed, or refused with a reason; never a crash, never a value out of its range.
#include "feature/record.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>

using namespace edgewise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const feature::StreamSpec stream{.name = "weather",
                                          .fields = {{.name = "temp", .min = -60, .max = 140},
                                                     {.name = "dest", .kind = feature::FieldKind::kText, .required = true},
                                                     {.name = "sched_dep", .kind = feature::FieldKind::kTime}}};
  static feature::RecordParser parser;
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  if (const auto record = parser.Parse(stream, json, feature::RecordParser::Form::kRecord)) {
    const double temp = record->values.at(0).number;
    if (!std::isnan(temp) && (temp < -60 || temp > 140)) std::abort();
    if (record->sequence == 0 || record->values.size() != stream.fields.size()) std::abort();
  }
  (void)parser.Parse(stream, json, feature::RecordParser::Form::kRequest);
  return 0;
}
