#include "feature/detail/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "feature/detail/operator_spec.h"

namespace edgewise::feature::detail {
namespace {

constexpr std::string_view kSchema = "edgewise.features.v1";
constexpr std::array<std::string_view, 3> kFieldKinds = {"number", "text", "time"};
constexpr std::array<std::string_view, 5> kFeatureKinds = {"field", "category", "time", "table", "operator"};
constexpr std::array<std::string_view, 5> kParts = {"minute_of_day", "hour", "weekday", "yearday", "month"};
constexpr std::array<std::string_view, 3> kForms = {"plain", "sin", "cos"};

bool IsName(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, fits);
}

FieldSpec ReadField(const std::string& name, const Json& node, std::vector<std::string> path, std::optional<Problem>& problem) {
  static constexpr std::array<std::string_view, 3> kReserved = {"time", "producer", "seq"};
  FieldSpec field{.name = name};
  if (!IsName(name) || std::ranges::find(kReserved, name) != kReserved.end()) {
    problem = Problem{
        path, fmt::format("\"{}\" cannot name a field: use a-z, 0-9 and _, but not time, producer or seq (every record has them)", name)};
    return field;
  }
  const Json table = node.is_string() ? Json{{"kind", node}} : node;  // `carrier = "text"` for short
  Form form(table, std::move(path), problem);
  field.kind = static_cast<FieldKind>(form.Choice("kind", kFieldKinds, 0));
  field.required = form.Flag("required", false);
  if (field.kind == FieldKind::kNumber) {
    field.min = form.Number("min", field.min);
    field.max = form.Number("max", field.max);
    if (field.min > field.max) form.Wrong("min", "must not be above max");
  }
  form.Finish();
  return field;
}

StreamSpec ReadStream(const std::string& name, const Json& node, const std::vector<std::string>& path, std::optional<Problem>& problem) {
  StreamSpec stream{.name = name, .fields = {}};
  if (!IsName(name)) problem = Problem{path, fmt::format("\"{}\" cannot name a stream: use a-z, 0-9 and _", name)};
  for (const auto& [key, value] : node.items()) {
    if (problem) break;
    auto field_path = path;
    field_path.push_back(key);
    stream.fields.push_back(ReadField(key, value, std::move(field_path), problem));
  }
  return stream;
}

Json WriteStream(const StreamSpec& stream) {
  Json json = Json::object();
  for (const auto& field : stream.fields) {
    Json& one = json[field.name] = {{"kind", kFieldKinds[static_cast<std::size_t>(field.kind)]}};
    if (std::isfinite(field.min)) one["min"] = field.min;
    if (std::isfinite(field.max)) one["max"] = field.max;
    if (field.required) one["required"] = true;
  }
  return json;
}

void NeedRequestField(Form& form, std::string_view key, const Spec& spec, const std::string& name, FieldKind kind) {
  if (kind == FieldKind::kTime && name == "time") return;
  const int at = spec.request.Find(name);
  if (at >= 0 && spec.request.fields[static_cast<std::size_t>(at)].kind == kind) return;
  std::vector<std::string_view> names;
  for (const auto& field : spec.request.fields)
    if (field.kind == kind) names.push_back(field.name);
  form.Wrong(key,
             fmt::format("needs a {} field of the request, not {}", kFieldKinds[static_cast<std::size_t>(kind)], Suggest(name, names)));
}

void ReadOperatorFeature(Form& form, const Spec& spec, FeatureSpec& feature) {
  const auto name = form.Text("operator");
  std::vector<std::string_view> names;
  for (const auto& op : spec.operators) names.push_back(op.name);
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return form.Wrong("operator", "names no operator: " + Suggest(name, names));
  feature.op = static_cast<std::size_t>(found - names.begin());
  const OperatorSpec& op = spec.operators[feature.op].spec;
  const auto reads = ReadsOf(op.kind);
  const auto read = form.Choice("read", reads, reads.size() == 1 ? std::optional<std::size_t>(0) : std::nullopt);
  feature.read = static_cast<Read>(std::ranges::find(kReads, reads[read]) - kReads.begin());
  if (op.kind != OperatorKind::kAsOf || feature.read == Read::kAge) return;
  feature.field = form.Text("field");
  const std::vector<std::string_view> fields(op.fields.begin(), op.fields.end());
  if (std::ranges::find(fields, feature.field) == fields.end())
    form.Wrong("field", "needs a number field of \"" + op.stream + "\", not " + Suggest(feature.field, fields));
  if (feature.read == Read::kChange && op.change_over == 0) form.Wrong("read", "\"change\" needs change_over in the operator");
}

void ReadByKind(Form& form, const Spec& spec, FeatureSpec& feature) {
  switch (feature.kind) {
    case FeatureKind::kField:
      feature.field = form.Text("field");
      return NeedRequestField(form, "field", spec, feature.field, FieldKind::kNumber);
    case FeatureKind::kCategory:
      feature.field = form.Text("category");
      return NeedRequestField(form, "category", spec, feature.field, FieldKind::kText);
    case FeatureKind::kTime:
      feature.field = form.Text("time");
      feature.part = static_cast<TimePart>(form.Choice("part", kParts));
      feature.form = static_cast<TimeForm>(form.Choice("form", kForms, 0));
      return NeedRequestField(form, "time", spec, feature.field, FieldKind::kTime);
    case FeatureKind::kTable:
      feature.table = form.Text("table");
      feature.column = form.Text("column");
      feature.field = form.Text("key");
      feature.years_until = form.Text("years_until", "");
      NeedRequestField(form, "key", spec, feature.field, FieldKind::kText);
      if (!feature.years_until.empty()) NeedRequestField(form, "years_until", spec, feature.years_until, FieldKind::kTime);
      return;
    case FeatureKind::kOperator:
      return ReadOperatorFeature(form, spec, feature);
  }
}

FeatureSpec ReadFeature(Form& form, const Spec& spec) {
  FeatureSpec feature;
  feature.name = form.Text("name");
  if (form.ok() && !IsName(feature.name)) form.Wrong("name", "must be made of a-z, 0-9 and _");
  feature.seasonal = form.Flag("seasonal", false);
  std::size_t kinds = 0;
  for (std::size_t i = 0; i < kFeatureKinds.size(); ++i) {
    // An as-of feature names a field of the stream, beside its operator.
    if (!form.Has(kFeatureKinds[i]) || (i == 0 && form.Has("operator"))) continue;
    feature.kind = static_cast<FeatureKind>(i);
    ++kinds;
  }
  if (kinds != 1) form.Wrong("", "a feature needs exactly one of field, category, time, table, operator");
  if (form.ok()) ReadByKind(form, spec, feature);
  form.Finish();
  return feature;
}

Json WriteFeature(const FeatureSpec& feature, const Json& op) {
  Json json = {{"name", feature.name}};
  switch (feature.kind) {
    case FeatureKind::kField:
      json["field"] = feature.field;
      break;
    case FeatureKind::kCategory:
      json["category"] = feature.field;
      break;
    case FeatureKind::kTime:
      json["time"] = feature.field;
      json["part"] = kParts[static_cast<std::size_t>(feature.part)];
      json["form"] = kForms[static_cast<std::size_t>(feature.form)];
      break;
    case FeatureKind::kTable:
      json["table"] = feature.table;
      json["column"] = feature.column;
      json["key"] = feature.field;
      if (!feature.years_until.empty()) json["years_until"] = feature.years_until;
      break;
    case FeatureKind::kOperator:
      json["operator"] = op;
      json["read"] = kReads[static_cast<std::size_t>(feature.read)];
      if (!feature.field.empty()) json["field"] = feature.field;
      break;
  }
  return json;
}

void ReadStreams(Form& root, Spec& spec, std::optional<Problem>& problem) {
  spec.request = ReadStream("request", root.Part("request", Json::value_t::object, true), root.Path("request"), problem);
  const Json& streams = root.Part("streams", Json::value_t::object, false);
  for (const auto& [name, node] : streams.items()) {
    if (problem) return;
    auto path = root.Path("streams");
    path.push_back(name);
    if (!node.is_object()) problem = Problem{path, "a stream must be a table of fields"};
    if (!problem) spec.streams.push_back(ReadStream(name, node, path, problem));
  }
}

void ReadOperators(Form& root, Spec& spec, std::optional<Problem>& problem) {
  const Json& operators = root.Part("operators", Json::value_t::object, false);
  for (const auto& [name, node] : operators.items()) {
    if (problem) return;
    auto path = root.Path("operators");
    path.push_back(name);
    Form form(node, std::move(path), problem);
    if (problem) return;
    spec.operators.push_back({name, ReadOperator(form, spec)});
  }
}

void ReadFeatures(Form& root, Spec& spec, std::optional<Problem>& problem) {
  const Json& features = root.Part("features", Json::value_t::array, true);
  std::set<std::string> names;
  for (std::size_t i = 0; i < features.size() && !problem; ++i) {
    auto path = root.Path("features");
    path.push_back(std::to_string(i));
    Form form(features[i], std::move(path), problem);
    if (problem) return;
    spec.features.push_back(ReadFeature(form, spec));
    if (!names.insert(spec.features.back().name).second) form.Wrong("name", "is taken by an earlier feature");
  }
  if (spec.features.empty()) root.Wrong("features", "must list at least one feature");
}

void ReadVocabularies(Form& root, Spec& spec) {
  const Json& vocabularies = root.Part("vocabularies", Json::value_t::object, false);
  for (const auto& [name, node] : vocabularies.items()) {
    const auto same = [&](const FeatureSpec& feature) { return feature.kind == FeatureKind::kCategory && feature.name == name; };
    if (std::ranges::none_of(spec.features, same))
      return root.Wrong("vocabularies", fmt::format("names \"{}\", which is no category feature", name));
    const bool texts = node.is_array() && std::ranges::all_of(node, [](const Json& word) { return word.is_string(); });
    if (!texts) return root.Wrong("vocabularies", fmt::format("needs a list of texts under \"{}\"", name));
    spec.vocabularies[name] = node.get<std::vector<std::string>>();
  }
}

void ReadTables(Form& root, Spec& spec, std::optional<Problem>& problem) {
  const Json& tables = root.Part("tables", Json::value_t::object, false);
  for (const auto& [name, node] : tables.items()) {
    if (problem) return;
    auto path = root.Path("tables");
    path.push_back(name);
    const auto looks = [&](const FeatureSpec& feature) { return feature.kind == FeatureKind::kTable && feature.table == name; };
    Form form(node, std::move(path), problem);
    if (std::ranges::none_of(spec.features, looks)) form.Wrong("", "names a table that no feature looks into");
    if (form.Flag("optional", false)) spec.optional_tables.insert(name);
    form.Finish();
  }
}

}  // namespace

const StreamSpec* Spec::Stream(std::string_view name) const {
  const auto found = std::ranges::find(streams, name, &StreamSpec::name);
  return found == streams.end() ? nullptr : &*found;
}

std::optional<Problem> ReadSpec(const nlohmann::json& document, Spec& spec) {
  std::optional<Problem> problem;
  Form root(document, {}, problem);
  if (const auto schema = root.Text("schema"); root.ok() && schema != kSchema)
    root.Wrong("schema", fmt::format("must be \"{}\"; another major version needs another Edgewise", kSchema));
  spec.zone = root.Text("zone", "UTC");
  if (root.ok() && !TimeZone::Load(spec.zone))
    root.Wrong("zone", "is no time zone known here; take a name from the IANA list and have tzdata installed");
  if (root.ok()) ReadStreams(root, spec, problem);
  if (root.ok()) ReadOperators(root, spec, problem);
  if (root.ok()) ReadFeatures(root, spec, problem);
  if (root.ok()) ReadTables(root, spec, problem);
  if (root.ok()) ReadVocabularies(root, spec);
  root.Finish();
  return problem;
}

nlohmann::json WriteSpec(const Spec& spec) {
  Json json = {{"schema", kSchema}, {"zone", spec.zone}, {"request", WriteStream(spec.request)}};
  for (const auto& stream : spec.streams) json["streams"][stream.name] = WriteStream(stream);
  for (const auto& op : spec.operators) json["operators"][op.name] = WriteOperator(op.spec);
  for (const auto& feature : spec.features) {
    json["features"].push_back(
        WriteFeature(feature, feature.kind == FeatureKind::kOperator ? Json(spec.operators[feature.op].name) : Json()));
    if (feature.seasonal) json["features"].back()["seasonal"] = true;
  }
  for (const auto& table : spec.optional_tables) json["tables"][table]["optional"] = true;
  if (!spec.vocabularies.empty()) json["vocabularies"] = spec.vocabularies;
  return json;
}

nlohmann::json WriteLayout(const Spec& spec) {
  Json json = {{"schema", kSchema}, {"zone", spec.zone}};
  for (const auto& feature : spec.features)
    json["features"].push_back(
        WriteFeature(feature, feature.kind == FeatureKind::kOperator ? WriteOperator(spec.operators[feature.op].spec) : Json()));
  return json;
}

}  // namespace edgewise::feature::detail
