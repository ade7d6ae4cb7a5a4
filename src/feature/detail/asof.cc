#include <algorithm>
#include <cmath>
#include <deque>

#include "feature/detail/keyed.h"
#include "feature/detail/source.h"

namespace edgewise::feature::detail {
namespace {

/// The record that was known at a moment: the latest of those at least min_age and at most max_age old.
class AsOf final : public Source {
 public:
  explicit AsOf(const OperatorSpec& op) : op_(op), keep_(2 * (op.max_age + op.change_over)) {}

  void Apply(const Record& record, const Places& places, std::string_view key) override {
    Row row{record.time.ms, std::vector<double>(op_.fields.size())};
    for (std::size_t i = 0; i < row.values.size(); ++i) row.values[i] = NumberAt(places.fields[i], record);
    Rows& rows = rows_.Touch(key);
    const auto later =
        std::upper_bound(rows.begin(), rows.end(), row.time, [](std::int64_t time, const Row& other) { return time < other.time; });
    if (later != rows.begin() && std::prev(later)->time == row.time)
      *std::prev(later) = std::move(row);  // a corrected report
    else
      rows.insert(later, std::move(row));
    while (rows.front().time < rows.back().time - keep_) rows.pop_front();
  }

  void Answer(const Question& question, std::span<const Reading> readings, std::span<float> numbers) override {
    const Rows* rows = rows_.Find(question.key);
    if (rows == nullptr) return;
    const Row* now = Latest(*rows, question.time.ms - op_.min_age, question.time.ms - op_.max_age);
    if (now == nullptr) return;
    const auto then = now->time - op_.change_over;
    const Row* before = op_.change_over == 0 ? nullptr : Latest(*rows, then, then - op_.max_age);
    for (const auto& reading : readings) numbers[reading.number] = static_cast<float>(ReadOne(reading, question, *now, before));
  }

  void Save(ByteWriter& out) const override {
    rows_.Save(out, [&](const Rows& rows) {
      out.Number(static_cast<std::uint64_t>(rows.size()));
      for (const auto& row : rows) {
        out.Number(row.time);
        for (const double value : row.values) out.Number(value);
      }
    });
  }

  void Load(ByteReader& in) override {
    rows_.Load(in, [&](Rows& rows) {
      const auto size = in.Number<std::uint64_t>();
      for (std::uint64_t i = 0; i < size && in.ok(); ++i) {
        Row& row = rows.emplace_back(Row{in.Number<std::int64_t>(), std::vector<double>(op_.fields.size())});
        for (double& value : row.values) value = in.Number<double>();
      }
    });
  }

 private:
  struct Row {
    std::int64_t time = 0;
    std::vector<double> values;
  };
  using Rows = std::deque<Row>;  // ascending time

  static const Row* Latest(const Rows& rows, std::int64_t until, std::int64_t from) {
    const auto later = std::upper_bound(rows.begin(), rows.end(), until, [](std::int64_t time, const Row& row) { return time < row.time; });
    if (later == rows.begin() || std::prev(later)->time < from) return nullptr;
    return &*std::prev(later);
  }

  static double ReadOne(const Reading& reading, const Question& question, const Row& now, const Row* before) {
    if (reading.read == Read::kAge) return static_cast<double>(question.time.ms - now.time) / 60'000;
    if (reading.read == Read::kValue) return now.values[reading.field];
    return before == nullptr ? std::numeric_limits<double>::quiet_NaN() : now.values[reading.field] - before->values[reading.field];
  }

  const OperatorSpec op_;
  const std::int64_t keep_;  // twice what the latest request needs, so that one that comes late is answered alike
  Keyed<Rows> rows_;
};

}  // namespace

std::unique_ptr<Source> MakeAsOf(const OperatorSpec& op) { return std::make_unique<AsOf>(op); }

}  // namespace edgewise::feature::detail
