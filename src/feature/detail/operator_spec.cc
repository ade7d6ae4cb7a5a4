#include "feature/detail/operator_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace edgewise::feature::detail {
namespace {

constexpr std::array<std::string_view, 2> kBuckets = {"hour", "day"};

bool NeedsPositiveWindow(OperatorKind kind) {
  return kind == OperatorKind::kRolling || kind == OperatorKind::kWaiting || kind == OperatorKind::kLast;
}

// "a" or "a - b".
void ReadExpression(Form& form, bool required, OperatorSpec& op) {
  std::string text = form.Text("value", required ? std::nullopt : std::optional<std::string>(""));
  std::erase(text, ' ');
  const auto minus = text.find('-');
  op.value = text.substr(0, minus);
  if (minus != std::string::npos) op.minus = text.substr(minus + 1);
}

const FieldSpec* FieldOf(const StreamSpec& stream, std::string_view name) {
  const int at = stream.Find(name);
  return at < 0 ? nullptr : &stream.fields[static_cast<std::size_t>(at)];
}

void NeedField(Form& form, std::string_view key, const StreamSpec& stream, std::string_view name, FieldKind kind) {
  static constexpr std::array<std::string_view, 3> kWords = {"number", "text", "time"};
  const FieldSpec* field = FieldOf(stream, name);
  if (field != nullptr && field->kind == kind) return;
  std::vector<std::string_view> names;
  for (const auto& one : stream.fields)
    if (one.kind == kind) names.push_back(one.name);
  form.Wrong(key,
             fmt::format("needs a {} field of \"{}\", not {}", kWords[static_cast<std::size_t>(kind)], stream.name, Suggest(name, names)));
}

// A key field has the same name and kind wherever it is used.
void CheckKey(Form& form, const OperatorSpec& op, const StreamSpec& stream, const Spec& spec) {
  for (const auto& name : op.key) {
    const FieldSpec* asked = FieldOf(spec.request, name);
    if (asked == nullptr) {
      form.Wrong("key", fmt::format("names \"{}\", which is no field of the request", name));
      return;
    }
    NeedField(form, "key", stream, name, asked->kind);
  }
}

const StreamSpec* CheckStream(Form& form, std::string_view key, std::string_view name, const Spec& spec) {
  if (const StreamSpec* stream = spec.Stream(name)) return stream;
  std::vector<std::string_view> names;
  for (const auto& stream : spec.streams) names.push_back(stream.name);
  form.Wrong(key, "names no stream: " + Suggest(name, names));
  return nullptr;
}

void CheckFields(Form& form, OperatorSpec& op, const StreamSpec& stream, const Spec& spec) {
  CheckKey(form, op, stream, spec);
  if (!op.value.empty()) NeedField(form, "value", stream, op.value, FieldKind::kNumber);
  if (!op.minus.empty()) NeedField(form, "value", stream, op.minus, FieldKind::kNumber);
  if (op.kind == OperatorKind::kWaiting) NeedField(form, "due", stream, op.at, FieldKind::kTime);
  if (op.kind == OperatorKind::kBucket) {
    NeedField(form, "at", stream, op.at, FieldKind::kTime);
    NeedField(form, "at", spec.request, op.at, FieldKind::kTime);
  }
  if (op.kind != OperatorKind::kAsOf || !op.fields.empty()) return;
  for (const auto& field : stream.fields)
    if (field.kind == FieldKind::kNumber) op.fields.push_back(field.name);
}

void CheckNumbers(Form& form, const OperatorSpec& op) {
  if (op.alpha <= 0 || op.alpha > 1) form.Wrong("alpha", "must be above 0 and at most 1");
  if (NeedsPositiveWindow(op.kind) && op.window == 0)
    form.Wrong(op.kind == OperatorKind::kRolling   ? "window"
               : op.kind == OperatorKind::kWaiting ? "forget"
                                                   : "within",
               "must be longer than 0");
  if (op.kind == OperatorKind::kWaiting) {
    if (op.key.empty()) form.Wrong("key", "must name at least one field");
    if (op.closed_by.empty()) form.Wrong("closed_by", "must name at least one stream");
    if (std::ranges::find(op.closed_by, op.stream) != op.closed_by.end()) form.Wrong("closed_by", "must not name the stream that opens");
  }
  if (op.kind == OperatorKind::kAsOf && op.min_age > op.max_age) form.Wrong("min_age", "must not be above max_age");
}

void ReadByKind(Form& form, OperatorSpec& op) {
  switch (op.kind) {
    case OperatorKind::kEwma:
      ReadExpression(form, true, op);
      op.alpha = form.Number("alpha");
      op.cap = form.Number("cap", op.cap);
      return;
    case OperatorKind::kRolling:
      ReadExpression(form, false, op);
      op.window = form.Duration("window");
      op.above = form.Number("above", 0);
      return;
    case OperatorKind::kBucket:
      op.at = form.Text("at");
      op.bucket = static_cast<BucketSize>(form.Choice("bucket", kBuckets));
      op.zone = form.Text("zone", "UTC");
      return;
    case OperatorKind::kWaiting:
      op.closed_by = form.Texts("closed_by", true);
      op.at = form.Text("due");
      op.long_wait = form.Duration("long_wait", 0);
      op.window = form.Duration("forget");
      return;
    case OperatorKind::kLast:
      ReadExpression(form, true, op);
      op.window = form.Duration("within");
      return;
    case OperatorKind::kAsOf:
      op.min_age = form.Duration("min_age", 0);
      op.max_age = form.Duration("max_age");
      op.change_over = form.Duration("change_over", 0);
      op.fields = form.Texts("fields", false);
      return;
  }
}

}  // namespace

std::vector<std::string_view> ReadsOf(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kEwma:
      return {"value"};
    case OperatorKind::kRolling:
      return {"count", "mean", "max", "share"};
    case OperatorKind::kBucket:
      return {"count"};
    case OperatorKind::kWaiting:
      return {"count", "long", "mean"};
    case OperatorKind::kLast:
      return {"value", "age"};
    case OperatorKind::kAsOf:
      return {"value", "age", "change"};
  }
  return {};
}

OperatorSpec ReadOperatorMembers(Form& form) {
  OperatorSpec op;
  op.kind = static_cast<OperatorKind>(form.Choice("kind", kOperatorKinds));
  if (!form.ok()) return op;
  op.stream = form.Text(op.kind == OperatorKind::kWaiting ? "opened_by" : "stream");
  if (op.kind != OperatorKind::kBucket) op.key = form.Texts("key", op.kind == OperatorKind::kWaiting || op.kind == OperatorKind::kLast);
  ReadByKind(form, op);
  form.Finish();
  CheckNumbers(form, op);
  return op;
}

OperatorSpec ReadOperator(Form& form, const Spec& spec) {
  OperatorSpec op = ReadOperatorMembers(form);
  if (!form.ok()) return op;
  const bool waiting = op.kind == OperatorKind::kWaiting;
  if (const StreamSpec* stream = CheckStream(form, waiting ? "opened_by" : "stream", op.stream, spec)) CheckFields(form, op, *stream, spec);
  for (const auto& name : op.closed_by)
    if (const StreamSpec* stream = CheckStream(form, "closed_by", name, spec)) CheckKey(form, op, *stream, spec);
  if (op.kind == OperatorKind::kBucket && !TimeZone::Load(op.zone))
    form.Wrong("zone", "is no time zone known here; take a name from the IANA list");
  return op;
}

Json WriteOperator(const OperatorSpec& op) {
  Json json = {{"kind", kOperatorKinds[static_cast<std::size_t>(op.kind)]}};
  const bool waiting = op.kind == OperatorKind::kWaiting;
  json[waiting ? "opened_by" : "stream"] = op.stream;
  if (!op.key.empty()) json["key"] = op.key;
  if (!op.value.empty()) json["value"] = op.minus.empty() ? op.value : op.value + " - " + op.minus;
  switch (op.kind) {
    case OperatorKind::kEwma:
      json["alpha"] = op.alpha;
      if (std::isfinite(op.cap)) json["cap"] = op.cap;
      break;
    case OperatorKind::kRolling:
      json["window"] = op.window;
      json["above"] = op.above;
      break;
    case OperatorKind::kBucket:
      json["at"] = op.at;
      json["bucket"] = kBuckets[static_cast<std::size_t>(op.bucket)];
      json["zone"] = op.zone;
      break;
    case OperatorKind::kWaiting:
      json["closed_by"] = op.closed_by;
      json["due"] = op.at;
      json["long_wait"] = op.long_wait;
      json["forget"] = op.window;
      break;
    case OperatorKind::kLast:
      json["within"] = op.window;
      break;
    case OperatorKind::kAsOf:
      json["min_age"] = op.min_age;
      json["max_age"] = op.max_age;
      json["change_over"] = op.change_over;
      json["fields"] = op.fields;
      break;
  }
  return json;
}

std::string OperatorSpec::Text() const { return WriteOperator(*this).dump(); }

std::optional<OperatorSpec> OperatorFromText(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  std::optional<Problem> problem;
  Form form(json, {}, problem);
  OperatorSpec op = ReadOperatorMembers(form);
  if (problem) return {};
  return op;
}

}  // namespace edgewise::feature::detail
