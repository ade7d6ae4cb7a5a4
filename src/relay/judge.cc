#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "relay/detail/rules.h"

namespace edgewise::relay::detail {
namespace {

using simdjson::dom::element;

bool IsHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// The letters of names and codes; none of them needs a JSON escape.
bool IsPlain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view(" ._:/+-").contains(c);
  });
}

bool IsDate(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kForm[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != kForm[i]) return false;
  }
  return true;
}

bool MayLeave(const Field& field, std::string_view text) {
  switch (field.kind) {
    case Kind::kText:
      return text.size() <= field.length && IsPlain(text);
    case Kind::kValues:
      return field.values.contains(text);
    case Kind::kId:
      return text.size() == 32 && IsHex(text);
    case Kind::kDigest:
      return text.empty() || Digest::Parse(text).has_value();
    case Kind::kDate:
      return IsDate(text);
    case Kind::kTime:
      return text.size() == 20 && ParseTime(text).has_value();  // whole seconds, in one form
    case Kind::kDrop:
    case Kind::kNumber:
    case Kind::kFlag:
    case Kind::kPseudonym:
      return false;
  }
  return false;
}

/// The shortest decimal form of round(value * 10^decimals) / 10^decimals.
void AppendRounded(double value, int decimals, std::string& out) {
  static constexpr std::array<std::int64_t, 10> kPowers = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
  const auto power = kPowers[static_cast<std::size_t>(decimals)];
  auto scaled = std::llround(value * static_cast<double>(power));
  if (scaled < 0) {
    out += '-';
    scaled = -scaled;
  }
  const fmt::format_int whole(scaled / power);
  out.append(whole.data(), whole.size());
  auto rest = scaled % power;
  if (rest == 0) return;
  std::array<char, 10> digits{};
  for (int i = decimals; i-- > 0; rest /= 10) digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + rest % 10);
  auto size = static_cast<std::size_t>(decimals);
  while (digits[size - 1] == '0') --size;
  out += '.';
  out.append(digits.data(), size);
}

}  // namespace

struct Judge::State {
  explicit State(const Policy::Rules& of_policy) : rules(of_policy) {}

  const Policy::Rules& rules;
  simdjson::dom::parser parser;
  event::Event shown;
  Trace trace;

  bool Object(const simdjson::dom::object& object, const Node& node, std::string& out);
  void Array(const simdjson::dom::array& array, const Node& node, std::string& out);
  bool Value(const element& value, const Node& node, std::string& out);
  bool Scalar(const element& value, const Field& field, std::string& out);
  bool Text(std::string_view text, const Field& field, std::string& out);
};

bool Judge::State::Text(std::string_view text, const Field& field, std::string& out) {
  if (field.kind == Kind::kPseudonym) {
    trace.pseudonymised |= std::uint64_t{1} << field.place;
    out += '"';
    if (!text.empty()) out += Hmac(rules.pseudonym_key, fmt::format("{}\n{}", field.domain, text)).Hex().substr(0, 16);
    out += '"';
    return true;
  }
  if (!MayLeave(field, text)) return false;
  out += '"';
  out += text;
  out += '"';
  return true;
}

bool Judge::State::Scalar(const element& value, const Field& field, std::string& out) {
  if (field.kind == Kind::kDrop) return false;
  std::string_view text;
  double number = 0;
  bool flag = false;
  if (value.is_null()) {
    out += "null";
  } else if (value.get(text) == simdjson::SUCCESS) {
    if (!Text(text, field, out)) return false;
  } else if (value.get(flag) == simdjson::SUCCESS) {
    if (field.kind != Kind::kFlag) return false;
    out += flag ? "true" : "false";
  } else if (value.get(number) == simdjson::SUCCESS && field.kind == Kind::kPseudonym) {
    if (!Text(fmt::format("{}", number), field, out)) return false;
  } else {
    if (field.kind != Kind::kNumber || !(number >= field.min && number <= field.max)) return false;
    AppendRounded(number, field.decimals, out);
  }
  trace.bits += field.bits;
  return true;
}

void Judge::State::Array(const simdjson::dom::array& array, const Node& node, std::string& out) {
  out += '[';
  bool first = true;
  for (const auto item : array) {
    if (!first) out += ',';
    first = false;
    // A place is kept for what may not leave, so that the others keep theirs.
    if (!Value(item, node, out)) out += node.is_field && node.field.kind == Kind::kText ? "\"\"" : "null";
  }
  out += ']';
}

bool Judge::State::Value(const element& value, const Node& node, std::string& out) {
  simdjson::dom::object object;
  simdjson::dom::array array;
  bool left = false;
  if (node.is_field && node.field.kind == Kind::kDrop) {
    left = false;
  } else if (value.get(array) == simdjson::SUCCESS) {
    Array(array, node, out);
    return true;
  } else if (value.get(object) == simdjson::SUCCESS) {
    left = !node.is_field && Object(object, node, out);
  } else {
    left = node.is_field && Scalar(value, node.field, out);
  }
  if (left) return true;
  if (node.is_field)
    trace.dropped |= std::uint64_t{1} << node.field.place;
  else
    ++trace.unnamed;
  return false;
}

bool Judge::State::Object(const simdjson::dom::object& object, const Node& node, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto field : object) {
    const auto child = node.children.find(field.key);
    if (child == node.children.end()) {
      ++trace.unnamed;
      continue;
    }
    const auto size = out.size();
    if (!first) out += ',';
    out += '"';
    out += child->first;
    out += "\":";
    if (Value(field.value, child->second, out))
      first = false;
    else
      out.resize(size);
  }
  out += '}';
  return true;
}

Judge::Judge(const Policy::Rules& rules) : state_(std::make_unique<State>(rules)) {}
Judge::~Judge() = default;

namespace {

/// By the event's name alone, so that two replays keep the same ones (improve's reader chooses alike).
bool InShare(const event::EventId& id, double share) {
  if (share >= 1) return true;
  const auto digest = Digest::Of(fmt::format("{}/{}", id.site, id.sequence));
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < 4; ++i) hash = hash << 8 | digest.bytes()[i];
  return hash * 0x1p-32 < share;
}

}  // namespace

Decision Judge::Decide(const event::Event& event, std::string& out) {
  state_->trace = {};
  const auto rule = state_->rules.by_type.find(event.type);
  if (rule == state_->rules.by_type.end()) return {nullptr, "default-deny", {}};
  if (!InShare(event.id, rule->second.share)) return {nullptr, "share", {}};
  simdjson::dom::object data;
  if (state_->parser.parse(event.data.data(), event.data.size()).get(data) != simdjson::SUCCESS) return {nullptr, "unreadable", {}};
  auto& shown = state_->shown;
  shown.id = event.id;
  shown.type = event.type;
  shown.subject = rule->second.subjects.contains(event.subject) ? event.subject : std::string();
  shown.time = event.time;
  shown.lineage = event.lineage;
  shown.data.clear();
  state_->Object(data, rule->second.data, shown.data);
  out += event::ToJson(shown);
  return {&rule->second, {}, state_->trace};
}

std::vector<std::string> Names(const Rule& rule, std::uint64_t mask) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rule.paths.size(); ++i) {
    if ((mask >> i & 1) != 0) names.push_back(rule.paths[i]);
  }
  return names;
}

}  // namespace edgewise::relay::detail
