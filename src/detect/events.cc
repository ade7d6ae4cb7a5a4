#include "detect/events.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <utility>

namespace edgewise::detect {
namespace {

/// Writes one JSON object; the caller spells the keys in order.
class JsonObject {
 public:
  void Text(std::string_view key, std::string_view text) {
    Key(key);
    Quoted(text);
  }
  void Number(std::string_view key, double number) {
    Key(key);
    if (std::isfinite(number))
      fmt::format_to(std::back_inserter(out_), "{}", number);
    else
      out_ += "null";
  }
  void Count(std::string_view key, std::uint64_t count) {
    Key(key);
    fmt::format_to(std::back_inserter(out_), "{}", count);
  }
  void Flag(std::string_view key, bool flag) {
    Key(key);
    out_ += flag ? "true" : "false";
  }
  /// A value that is JSON already.
  void Json(std::string_view key, std::string_view json) {
    Key(key);
    out_ += json;
  }
  std::string Take() { return std::move(out_) + '}'; }

 private:
  void Key(std::string_view key) {
    if (out_.size() > 1) out_ += ',';
    fmt::format_to(std::back_inserter(out_), "\"{}\":", key);
  }
  void Quoted(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned>(c));
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  std::string out_ = "{";
};

event::Event Make(std::string_view type, EventTime time, LineageId lineage, JsonObject data) {
  event::Event event;
  event.type = type;
  event.time = time;
  event.lineage = lineage;
  event.data = data.Take();
  return event;
}

template <class List, class ToJson>
std::string Array(const List& list, ToJson to_json) {
  std::string out = "[";
  for (const auto& item : list) {
    if (out.size() > 1) out += ',';
    out += to_json(item);
  }
  return out + ']';
}

}  // namespace

event::Event ToEvent(const DisruptionReading& reading, const TimeZone& zone, LineageId lineage) {
  JsonObject data;
  data.Text("hour", FormatTime(reading.hour));
  data.Text("date", zone.Date(reading.date_of));
  data.Number("z", reading.z);
  data.Number("x", reading.x);
  data.Number("median", reading.median);
  data.Number("mad", reading.mad);
  data.Count("flights", reading.due);
  return Make(event::kDisruptionV1, reading.hour, lineage, std::move(data));
}

event::Event ToEvent(const Reading& reading, LineageId lineage) {
  JsonObject data;
  data.Text("stream", reading.stream);
  data.Text("field", reading.field);
  data.Number("value", reading.value);
  data.Number("min", reading.min);
  data.Number("max", reading.max);
  return Make(event::kReadingV1, reading.time, lineage, std::move(data));
}

event::Event ToEvent(const DriftReport& report, const DriftPeriod& period, LineageId lineage) {
  const auto feature_json = [](const FeatureDrift& feature) {
    JsonObject json;
    json.Text("name", feature.name);
    json.Number("psi", feature.psi);
    json.Flag("seasonal", feature.seasonal);
    json.Flag("alarm", feature.alarm);
    return json.Take();
  };
  JsonObject data;
  data.Text("from", FormatTime(period.from));
  data.Text("to", FormatTime(period.to));
  data.Text("model", period.model);
  data.Json("features", Array(report.features, feature_json));
  data.Flag("alarm", report.alarm);
  auto event = Make(event::kDriftV1, period.to, lineage, std::move(data));
  if (report.alarm) event.subject = "alarm";  // what raises its lane (event::LaneOf)
  return event;
}

event::Event ToEvent(const InsightData& insight, LineageId lineage) {
  JsonObject data;
  data.Text("hour", FormatTime(insight.hour));
  data.Count("scored", insight.scored);
  data.Number("mean_score", insight.mean_score);
  data.Count("high_risk", insight.high_risk);
  data.Count("labelled", insight.labelled);
  data.Count("late", insight.late);
  data.Text("model", insight.model);
  data.Json("rows", Array(insight.rows, [](const LineageId& id) { return '"' + id.ToString() + '"'; }));
  if (insight.worst) {
    JsonObject worst;
    worst.Text("lineage", insight.worst->lineage.ToString());
    worst.Number("score", insight.worst->score);
    worst.Text("flight", insight.worst->flight);
    worst.Text("tail", insight.worst->tail);
    worst.Text("dest", insight.worst->dest);
    data.Json("worst", worst.Take());
    if (!insight.worst->note.empty()) data.Text("crew_note", insight.worst->note);
  }
  return Make(event::kInsightV1, insight.hour, lineage, std::move(data));
}

}  // namespace edgewise::detect
