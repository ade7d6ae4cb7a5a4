#include "feature/detail/source.h"

#include <cmath>

namespace edgewise::feature::detail {

Places FindPlaces(const OperatorSpec& op, const StreamSpec& stream) {
  Places places;
  for (const auto& name : op.key) {
    const int index = stream.Find(name);
    places.key.push_back({index, index < 0 ? FieldKind::kText : stream.fields[static_cast<std::size_t>(index)].kind});
  }
  places.value = stream.Find(op.value);
  places.minus = stream.Find(op.minus);
  places.subtracts = !op.minus.empty();
  places.at = stream.Find(op.at);
  for (const auto& name : op.fields) places.fields.push_back(stream.Find(name));
  return places;
}

double NumberAt(int index, const Record& record) {
  return index < 0 ? std::numeric_limits<double>::quiet_NaN() : record.values[static_cast<std::size_t>(index)].number;
}

bool WriteKey(const Places& places, const Record& record, std::string& key) {
  key.clear();
  for (const auto& [index, kind] : places.key) {
    if (index < 0) return false;
    const Value& value = record.values[static_cast<std::size_t>(index)];
    if (kind == FieldKind::kText) {
      if (value.text.empty()) return false;
      const auto size = static_cast<std::uint32_t>(value.text.size());  // keeps ("ab", "c") apart from ("a", "bc")
      key.append(reinterpret_cast<const char*>(&size), sizeof size);
      key += value.text;
    } else {
      if (std::isnan(value.number)) return false;
      key.append(reinterpret_cast<const char*>(&value.number), sizeof value.number);
    }
  }
  return true;
}

double ValueOf(const Places& places, const Record& record) {
  const double value = NumberAt(places.value, record);
  return places.subtracts ? value - NumberAt(places.minus, record) : value;
}

Result<std::unique_ptr<Source>> MakeSource(const OperatorSpec& op) {
  switch (op.kind) {
    case OperatorKind::kEwma:
      return MakeEwma(op);
    case OperatorKind::kRolling:
      return MakeRolling(op);
    case OperatorKind::kBucket: {
      EDGEWISE_ASSIGN(TimeZone zone, TimeZone::Load(op.zone));
      return MakeBucket(op, std::move(zone));
    }
    case OperatorKind::kWaiting:
      return MakeWaiting(op);
    case OperatorKind::kLast:
      return MakeLast(op);
    case OperatorKind::kAsOf:
      return MakeAsOf(op);
  }
  return Fail(Code::kInternal, "feature operator of a kind that nobody makes");
}

}  // namespace edgewise::feature::detail
