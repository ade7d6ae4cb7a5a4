#include "feature/detail/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "feature/detail/parts.h"

namespace edgewise::feature::detail {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// "time" is the request's own.
double TimeAt(int field, const Record& request) {
  return field < 0 ? static_cast<double>(request.time.ms) : request.values[static_cast<std::size_t>(field)].number;
}

struct Cycle {
  double value, period;
};

Cycle PartOf(const CivilTime& civil, TimePart part) {
  switch (part) {
    case TimePart::kMinuteOfDay:
      return {civil.hour * 60.0 + civil.minute, 1440};
    case TimePart::kHour:
      return {static_cast<double>(civil.hour), 24};
    case TimePart::kWeekday:
      return {static_cast<double>(civil.weekday), 7};
    case TimePart::kYearday:
      return {static_cast<double>(civil.yearday), 365.25};
    case TimePart::kMonth:
      return {civil.month - 1.0, 12};
  }
  return {kMissing, 1};
}

double TimeFeature(const Plan::Stateless& step, const TimeZone& zone, const Record& request) {
  const double at = TimeAt(step.field, request);
  if (std::isnan(at)) return kMissing;
  const auto [value, period] = PartOf(zone.Civil({static_cast<std::int64_t>(at)}), step.feature->part);
  const double angle = 2 * std::numbers::pi * value / period;
  switch (step.feature->form) {
    case TimeForm::kPlain:
      return step.feature->part == TimePart::kMonth ? value + 1 : value;
    case TimeForm::kSin:
      return std::sin(angle);
    case TimeForm::kCos:
      return std::cos(angle);
  }
  return kMissing;
}

double TableFeature(const Plan::Stateless& step, const TimeZone& zone, const Record& request) {
  if (step.table == nullptr) return kMissing;
  const auto row = step.table->rows.find(request.values[static_cast<std::size_t>(step.field)].text);
  if (row == step.table->rows.end() || step.column >= row->second.size()) return kMissing;
  const double value = row->second[step.column];
  if (step.feature->years_until.empty()) return value;
  const double until = TimeAt(step.until, request);
  return std::isnan(until) ? kMissing : zone.Civil({static_cast<std::int64_t>(until)}).year - value;
}

void FindTable(const Tables& tables, Plan::Stateless& step) {
  const auto table = tables.find(step.feature->table);
  if (table == tables.end()) return;
  const auto& columns = table->second.columns;
  const auto column = std::ranges::find(columns, step.feature->column);
  if (column == columns.end()) return;
  step.table = &table->second;
  step.column = static_cast<std::size_t>(column - columns.begin());
}

Plan::Stateless MakeStateless(const FeatureSpec& feature, const StreamSpec& request, const Tables& tables, std::size_t output) {
  Plan::Stateless step{&feature, request.Find(feature.field), request.Find(feature.years_until), output, nullptr, 0};
  if (feature.kind == FeatureKind::kTable) FindTable(tables, step);
  return step;
}

// What waits is counted over all keys: the request needs none.
Places RequestPlaces(const OperatorSpec& op, const StreamSpec& request) {
  Places places = FindPlaces(op, request);
  if (op.kind == OperatorKind::kWaiting) places.key.clear();
  return places;
}

Reading MakeReading(const FeatureSpec& feature, const OperatorSpec& op, std::size_t number) {
  const auto field = std::ranges::find(op.fields, feature.field) - op.fields.begin();
  return {feature.read, static_cast<std::size_t>(field), number};
}

double NumberOf(const Plan::Stateless& step, const TimeZone& zone, const Record& request) {
  switch (step.feature->kind) {
    case FeatureKind::kField:
      return NumberAt(step.field, request);
    case FeatureKind::kTime:
      return TimeFeature(step, zone, request);
    case FeatureKind::kTable:
      return TableFeature(step, zone, request);
    case FeatureKind::kCategory:
    case FeatureKind::kOperator:
      return kMissing;  // no number of the request alone
  }
  return kMissing;
}

void ComputeStateless(const Plan::Stateless& step, const TimeZone& zone, const Record& request, Sample& sample) {
  if (step.feature->kind == FeatureKind::kCategory)
    sample.categories[step.output] = request.values[static_cast<std::size_t>(step.field)].text;
  else
    sample.numbers[step.output] = static_cast<float>(NumberOf(step, zone, request));
}

}  // namespace

Plan MakePlan(const Program& program, const Tables& tables, const std::function<Source*(const OperatorSpec&)>& source_of) {
  Plan plan{program, {}, {}};
  const Spec& spec = program.parts().spec;
  std::size_t numbers = 0, categories = 0;
  for (const auto& feature : spec.features) {
    const std::size_t output = feature.kind == FeatureKind::kCategory ? categories++ : numbers++;
    if (feature.kind != FeatureKind::kOperator) {
      plan.stateless.push_back(MakeStateless(feature, spec.request, tables, output));
      continue;
    }
    const OperatorSpec& op = spec.operators[feature.op].spec;
    Source* source = source_of(op);
    auto step = std::ranges::find(plan.stateful, source, &Plan::Stateful::source);
    if (step == plan.stateful.end()) step = plan.stateful.insert(step, {source, RequestPlaces(op, spec.request), {}});
    step->readings.push_back(MakeReading(feature, op, output));
  }
  return plan;
}

void Compute(const Plan& plan, const Record& request, std::string& key, Sample& sample) {
  sample.numbers.assign(plan.program.numbers(), std::numeric_limits<float>::quiet_NaN());
  sample.categories.resize(plan.program.categories());
  for (const auto& step : plan.stateless) ComputeStateless(step, plan.program.zone(), request, sample);
  for (const auto& step : plan.stateful)
    if (WriteKey(step.places, request, key))
      step.source->Answer({request.time, key, NumberAt(step.places.at, request)}, step.readings, sample.numbers);
}

}  // namespace edgewise::feature::detail
