#include <fmt/format.h>
#include <simdjson.h>

#include <iterator>

#include "event/event.h"

namespace edgewise::event {
namespace {

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

std::unexpected<Error> BadField(std::string_view field, std::string_view expected) {
  return Fail(Code::kInvalidArgument, fmt::format("event: attribute \"{}\" must be {}", field, expected));
}

Result<std::string> Text(const simdjson::dom::object& object, std::string_view field) {
  std::string_view text;
  if (object[field].get(text) != simdjson::SUCCESS) return BadField(field, "a text");
  return std::string(text);
}

}  // namespace

std::string ToJson(const Event& event) {
  std::string out;
  out.reserve(event.data.size() + 256);
  out += R"({"specversion":"1.0","id":)";
  AppendQuoted(out, event.id.ToString());
  out += R"(,"source":)";
  AppendQuoted(out, "/sites/" + event.id.site);
  out += R"(,"type":)";
  AppendQuoted(out, event.type);
  if (!event.subject.empty()) {
    out += R"(,"subject":)";
    AppendQuoted(out, event.subject);
  }
  out += R"(,"time":")" + FormatTime(event.time) + '"';
  if (!event.lineage.IsZero()) out += R"(,"lineageid":")" + event.lineage.ToString() + '"';
  out += R"(,"datacontenttype":"application/json","data":)" + event.data + '}';
  return out;
}

Result<Event> FromJson(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) {
    return Fail(Code::kInvalidArgument, "event: not a JSON object");
  }
  EDGEWISE_ASSIGN(const auto version, Text(object, "specversion"));
  if (version != "1.0") return BadField("specversion", "\"1.0\"");
  Event event;
  EDGEWISE_ASSIGN(const auto id, Text(object, "id"));
  EDGEWISE_ASSIGN(event.id, EventId::Parse(id));
  EDGEWISE_ASSIGN(event.type, Text(object, "type"));
  EDGEWISE_ASSIGN(const auto time, Text(object, "time"));
  EDGEWISE_ASSIGN(event.time, ParseTime(time));
  std::string_view optional_text;
  if (object["subject"].get(optional_text) == simdjson::SUCCESS) event.subject = optional_text;
  if (object["lineageid"].get(optional_text) == simdjson::SUCCESS) {
    EDGEWISE_ASSIGN(event.lineage, LineageId::Parse(optional_text));
  }
  simdjson::dom::object data;
  if (object["data"].get(data) != simdjson::SUCCESS) return BadField("data", "an object");
  event.data = simdjson::minify(data);
  return event;
}

}  // namespace edgewise::event
