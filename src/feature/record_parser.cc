#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "feature/record.h"

namespace edgewise::feature {
namespace {

namespace dom = simdjson::dom;

// Features are float32: what would turn infinite there, or in a difference, is out of every range.
constexpr double kLargest = 1e30;
constexpr std::size_t kLongestText = 4096;  // bytes; a row keeps its texts in memory until its label comes

// Messages name the stream and the field, never the value: a refused record is still site data.
std::unexpected<Error> Refuse(const StreamSpec& stream, std::string_view field, std::string_view what) {
  return Fail(Code::kInvalidArgument, fmt::format("stream \"{}\": field \"{}\" {}", stream.name, field, what));
}

Result<EventTime> ReadTime(const StreamSpec& stream, std::string_view field, dom::element element) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS)
    if (const auto time = ParseTime(text)) return *time;
  return Refuse(stream, field, "must be a time in UTC, as text like \"2013-02-08T19:00:00Z\"");
}

Result<void> ReadValue(const StreamSpec& stream, const FieldSpec& field, dom::element element, Record& record, Value& value) {
  if (element.is_null()) return {};
  switch (field.kind) {
    case FieldKind::kNumber: {
      double number = 0;
      if (element.get(number) != simdjson::SUCCESS) return Refuse(stream, field.name, "must be a number or null");
      if (number >= std::max(field.min, -kLargest) && number <= std::min(field.max, kLargest))
        value.number = number;
      else
        record.quarantined.push_back({field.name, number});
      return {};
    }
    case FieldKind::kText: {
      std::string_view text;
      if (element.get(text) != simdjson::SUCCESS) return Refuse(stream, field.name, "must be text or null");
      if (text.size() > kLongestText) return Refuse(stream, field.name, fmt::format("is longer than {} bytes", kLongestText));
      value.text = text;
      return {};
    }
    case FieldKind::kTime: {
      EDGEWISE_ASSIGN(const EventTime time, ReadTime(stream, field.name, element));
      value.number = static_cast<double>(time.ms);
      return {};
    }
  }
  return {};
}

bool IsMissing(const FieldSpec& field, const Value& value) {
  return field.kind == FieldKind::kText ? value.text.empty() : std::isnan(value.number);
}

// A quarantined reading was sent, so a required field that holds one is not missing.
Result<void> CheckRequired(const StreamSpec& stream, const Record& record) {
  for (std::size_t i = 0; i < stream.fields.size(); ++i) {
    const FieldSpec& field = stream.fields[i];
    if (!field.required || !IsMissing(field, record.values[i])) continue;
    const auto same = [&](const Quarantined& reading) { return reading.field == field.name; };
    if (std::ranges::none_of(record.quarantined, same)) return Refuse(stream, field.name, "is required and missing");
  }
  return {};
}

struct Seen {
  bool time = false, producer = false, sequence = false;
  std::vector<bool> fields;  // by place
};

Result<void> ReadMember(const StreamSpec& stream, std::string_view key, dom::element element, Record& record, Seen& seen) {
  if (key == "time") {
    EDGEWISE_ASSIGN(record.time, ReadTime(stream, key, element));
    seen.time = true;
  } else if (key == "producer") {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS || text.empty()) return Refuse(stream, key, "must be text that is not empty");
    if (text.size() > kLongestText) return Refuse(stream, key, fmt::format("is longer than {} bytes", kLongestText));
    record.producer = text;
    seen.producer = true;
  } else if (key == "seq") {
    if (element.get(record.sequence) != simdjson::SUCCESS || record.sequence == 0)
      return Refuse(stream, key, "must be a whole number from 1");
    seen.sequence = true;
  } else if (const int index = stream.Find(key); index >= 0) {
    const auto at = static_cast<std::size_t>(index);
    if (seen.fields[at]) return Refuse(stream, key, "is given twice");
    seen.fields[at] = true;
    return ReadValue(stream, stream.fields[at], element, record, record.values[at]);
  }
  return {};
}

Result<Record> ReadRecord(const StreamSpec& stream, dom::element element, RecordParser::Form form) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS)
    return Fail(Code::kInvalidArgument, fmt::format("stream \"{}\": a record must be a JSON object", stream.name));
  Record record;
  record.values.resize(stream.fields.size());
  Seen seen;
  seen.fields.resize(stream.fields.size());
  for (const auto& member : object) EDGEWISE_TRY(ReadMember(stream, member.key, member.value, record, seen));
  if (form == RecordParser::Form::kRecord) {
    if (!seen.time) return Refuse(stream, "time", "is required and missing");
    if (!seen.producer) return Refuse(stream, "producer", "is required and missing");
    if (!seen.sequence) return Refuse(stream, "seq", "is required and missing");
  }
  EDGEWISE_TRY(CheckRequired(stream, record));
  return record;
}

}  // namespace

int StreamSpec::Find(std::string_view field) const {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name == field) return static_cast<int>(i);
  return -1;
}

struct RecordParser::State {
  dom::parser parser;
  std::string padded;  // the parser reads a few bytes beyond the end

  Result<dom::element> Read(const StreamSpec& stream, std::string_view json) {
    padded.assign(json);
    padded.append(simdjson::SIMDJSON_PADDING, ' ');
    dom::element element;
    const auto code = parser.parse(padded.data(), json.size(), false).get(element);
    if (code == simdjson::SUCCESS) return element;
    return Fail(Code::kInvalidArgument, fmt::format("stream \"{}\": not JSON: {}", stream.name, simdjson::error_message(code)));
  }
};

RecordParser::RecordParser() : state_(std::make_unique<State>()) {}
RecordParser::~RecordParser() = default;

Result<Record> RecordParser::Parse(const StreamSpec& stream, std::string_view json, Form form) {
  EDGEWISE_ASSIGN(const dom::element element, state_->Read(stream, json));
  return ReadRecord(stream, element, form);
}

}  // namespace edgewise::feature
