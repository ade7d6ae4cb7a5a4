#include "site/machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "detect/events.h"
#include "site/sample_event.h"

namespace edgewise::site {
namespace {

constexpr std::int64_t kHour = 3'600'000;

EventTime HourOf(EventTime time) { return {time.ms / kHour * kHour}; }

/// The text that names a thing: its key fields, in the rule's order.
std::string KeyOf(const feature::StreamSpec& stream, const feature::Record& record, const std::vector<std::string>& fields) {
  std::string key;
  for (const auto& field : fields) {
    const auto place = stream.Find(field);
    if (place >= 0) {
      const auto& value = record.values[static_cast<std::size_t>(place)];
      const bool number = stream.fields[static_cast<std::size_t>(place)].kind != feature::FieldKind::kText;
      key += number ? fmt::format("{}", value.number) : value.text;
    }
    key += '\x1f';
  }
  return key;
}

double NumberOf(const feature::StreamSpec& stream, const feature::Record& record, const std::string& field) {
  const auto place = stream.Find(field);
  return place < 0 ? std::numeric_limits<double>::quiet_NaN() : record.values[static_cast<std::size_t>(place)].number;
}

std::string TextOf(const feature::StreamSpec& stream, const feature::Record& record, const std::string& field) {
  const auto place = stream.Find(field);
  return place < 0 ? std::string() : record.values[static_cast<std::size_t>(place)].text;
}

}  // namespace

Machine::Machine(Options options)
    : options_(std::move(options)), state_(options_.tables), disruption_(options_.rules.disruption.options, options_.program.zone()) {}

Result<CheckedRecords> Machine::Check(std::string_view stream, std::string_view lines, EventTime latest) {
  const auto* spec = options_.program.stream(stream);
  if (spec == nullptr) {
    return Fail(Code::kNotFound, fmt::format("no stream \"{}\" is declared here; GET /streams names those that are", stream));
  }
  CheckedRecords checked{.entry = {std::string(stream), {}}};
  std::unordered_map<std::string, std::vector<std::uint64_t>> taken;  // sequences, ascending; the first is what had been reached before
  std::size_t number = 0;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    const auto line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto record = parser_.Parse(*spec, line, feature::RecordParser::Form::kRecord);
    if (!record) return Fail(record.error().code, fmt::format("line {}: {}", number, record.error().message));
    auto& sequences = taken[record->producer];
    if (sequences.empty()) sequences.push_back(Reached(record->producer));
    if (record->sequence <= sequences.back()) {
      const bool said = record->sequence <= sequences.front() || std::ranges::binary_search(sequences, record->sequence);
      ++(said ? checked.repeated : checked.skipped);
      continue;
    }
    if (record->time > latest && checked.ahead == 0) checked.ahead = number;
    sequences.push_back(record->sequence);
    checked.entry.lines.append(line).push_back('\n');
    ++checked.fresh;
  }
  return checked;
}

std::uint64_t Machine::Reached(const std::string& producer) const {
  const auto known = producers_.find(producer);
  return known == producers_.end() ? 0 : known->second;
}

void Machine::ForEachRecord(const RecordsEntry& entry, const OnRecord& visit) {
  const auto* spec = options_.program.stream(entry.stream);
  if (spec == nullptr) return;  // a stream that this site no longer declares
  std::string_view rest = entry.lines;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto record = parser_.Parse(*spec, rest.substr(0, end), feature::RecordParser::Form::kRecord);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (record) {
      visit(*spec, *record);
    } else {
      ++outdated_;
    }
  }
}

Result<void> Machine::Apply(const Entry& entry, Effects& effects) {
  if (const auto* records = std::get_if<RecordsEntry>(&entry)) {
    ForEachRecord(*records, [&](const auto& stream, const auto& record) { Record(stream, record, effects); });
    return {};
  }
  if (const auto* scored = std::get_if<ScoredEntry>(&entry)) {
    return Scored(*scored, effects);
  } else if (const auto* watermark = std::get_if<WatermarkEntry>(&entry)) {
    Advance(watermark->time, effects);
  } else if (const auto* label = std::get_if<LabelEntry>(&entry)) {
    if (const auto row = labels_.Take(label->lineage)) {
      GiveLabel(*row, label->positive ? LabelState::kPositive : LabelState::kNegative, label->time, effects);
    }
  }
  return {};
}

void Machine::Record(const feature::StreamSpec& stream, const feature::Record& record, Effects& effects) {
  auto& highest = producers_[record.producer];
  if (record.sequence <= highest) return;
  highest = record.sequence;
  Advance(record.time, effects);
  ++counts_.records;
  Quarantine(stream, record, effects);
  Detect(stream, record);
  Label(stream, record, effects);
  state_.Apply(stream, record);
}

/// Values out of the range declared for their field: missing for the features, and reported.
void Machine::Quarantine(const feature::StreamSpec& stream, const feature::Record& record, Effects& effects) {
  for (const auto& value : record.quarantined) {
    ++counts_.quarantined;
    const auto& field = stream.fields[static_cast<std::size_t>(stream.Find(value.field))];
    effects.events.push_back(
        detect::ToEvent(detect::Reading{record.time, stream.name, value.field, value.value, field.min, field.max}, LineageId::Random()));
  }
}

void Machine::Detect(const feature::StreamSpec& stream, const feature::Record& record) {
  const auto& rule = options_.rules.disruption;
  if (!rule.enabled) return;
  if (stream.name == rule.due_stream) {
    const auto due = NumberOf(stream, record, rule.due_field);
    if (std::isfinite(due)) disruption_.Due(KeyOf(stream, record, rule.key), EventTime{static_cast<std::int64_t>(due)});
  }
  if (stream.name == rule.started_stream) {
    const auto lateness = NumberOf(stream, record, rule.lateness_field);
    disruption_.Started(KeyOf(stream, record, rule.key), std::isfinite(lateness) ? lateness : 0);
  }
  if (stream.name == rule.cancelled_stream) disruption_.Cancelled(KeyOf(stream, record, rule.key));
}

void Machine::Label(const feature::StreamSpec& stream, const feature::Record& record, Effects& effects) {
  const auto& rule = options_.rules.label;
  if (stream.name == rule.stream) {
    const auto outcome = NumberOf(stream, record, rule.field);
    if (!std::isfinite(outcome)) return;
    for (const auto& row : labels_.Take(KeyOf(stream, record, rule.key))) {
      GiveLabel(row, outcome > rule.above ? LabelState::kPositive : LabelState::kNegative, record.time, effects);
    }
  } else if (std::ranges::find(rule.never_streams, stream.name) != rule.never_streams.end()) {
    for (const auto& row : labels_.Take(KeyOf(stream, record, rule.key))) GiveLabel(row, LabelState::kNever, record.time, effects);
  }
}

void Machine::GiveLabel(const Waiting& row, LabelState label, EventTime at, Effects& effects) {
  effects.changes.emplace_back(RowLabelled{row.lineage, label, at});
  if (label == LabelState::kNever) {
    ++counts_.never;
    return;
  }
  ++counts_.labelled;
  insight_.Labelled(label == LabelState::kPositive);
  effects.events.push_back(SampleEvent(row, label == LabelState::kPositive, at, options_.program.zone()));
}

Result<std::vector<LineageId>> Machine::WaitingLike(std::string_view request_json) {
  const auto& spec = options_.program.request();
  EDGEWISE_ASSIGN(const auto request, parser_.Parse(spec, request_json, feature::RecordParser::Form::kRequest));
  if (request.time.ms == 0) return std::vector<LineageId>();
  return labels_.Find(KeyOf(spec, request, options_.rules.label.key), request.time);
}

Result<void> Machine::Scored(const ScoredEntry& entry, Effects& effects) {
  const auto& spec = options_.program.request();
  EDGEWISE_ASSIGN(auto request, parser_.Parse(spec, entry.request, feature::RecordParser::Form::kRequest));
  const auto asked_at = request.time.ms == 0 ? entry.scored_at : request.time;
  request.time = entry.scored_at;
  Advance(entry.scored_at, effects);
  ++counts_.scored;
  Quarantine(spec, request, effects);
  const auto& rules = options_.rules;
  const auto due = NumberOf(spec, request, rules.label.due);
  const EventTime start = std::isfinite(due) ? EventTime{static_cast<std::int64_t>(due)} : entry.scored_at;
  labels_.Add(KeyOf(spec, request, rules.label.key), {entry.lineage, entry.model, entry.layout, asked_at, entry.scored_at,
                                                      start + rules.label.never_after, entry.score, entry.sample});
  insight_.Scored({entry.lineage, entry.score, entry.model.ToString(), TextOf(spec, request, rules.insight.flight),
                   TextOf(spec, request, rules.insight.tail), TextOf(spec, request, rules.insight.dest),
                   TextOf(spec, request, rules.insight.note)});
  CountDrift(entry);
  effects.changes.emplace_back(RowAdded{{entry.lineage, entry.model, entry.layout, entry.scored_at, entry.score, entry.request,
                                         EncodeSample(entry.sample), LabelState::kPending, std::nullopt}});
  return {};
}

/// Time passes hour by hour: what an hour brought is closed before anything of the next one is applied.
void Machine::Advance(EventTime time, Effects& effects) {
  if (time <= now_) return;
  if (now_.ms != 0) {
    for (EventTime end{HourOf(now_).ms + kHour}; end <= time; end.ms += kHour) CloseHour(end, effects);
  }
  now_ = time;
}

void Machine::CloseHour(EventTime end, Effects& effects) {
  for (const auto& row : labels_.TakeExpired(end)) GiveLabel(row, LabelState::kNever, end, effects);
  if (const auto insight = insight_.Finish(EventTime{end.ms - kHour})) {
    effects.events.push_back(detect::ToEvent(*insight, insight->worst ? insight->worst->lineage : LineageId::Random()));
  }
  if (options_.rules.disruption.enabled) {
    if (const auto reading = disruption_.Hour(end); reading && reading->alarm) {
      effects.events.push_back(detect::ToEvent(*reading, options_.program.zone(), LineageId::Random()));
    }
  }
  if (drift_from_.ms == 0) drift_from_ = end;
  if (end - drift_from_ >= options_.rules.drift_period) CloseDriftPeriod(end, effects);
}

}  // namespace edgewise::site
