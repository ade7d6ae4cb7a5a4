#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "feature/detail/keyed.h"
#include "feature/detail/source.h"

namespace edgewise::feature::detail {
namespace {

constexpr std::size_t kMostOpen = 1'000'000;

/// What is due and has not been seen: opened by one stream, due at a time that the record names, closed by others with the same key.
class Waiting final : public Source {
 public:
  explicit Waiting(const OperatorSpec& op) : forget_(op.window), long_wait_(op.long_wait) {}

  void Apply(const Record& record, const Places& places, std::string_view key) override {
    if (places.closes)
      Close(key);
    else if (const double due = NumberAt(places.at, record); !std::isnan(due))
      Open(key, static_cast<std::int64_t>(due));
    watermark_ = std::max(watermark_, record.time.ms);
    while (!due_.empty() && due_.begin()->first < watermark_ - forget_) Close(std::string(*due_.begin()->second.front()));
  }

  void Answer(const Question& question, std::span<const Reading> readings, std::span<float> numbers) override {
    const auto now = question.time.ms;
    MoveTo(overdue_, now - 1);
    MoveTo(long_overdue_, now - long_wait_ - 1);
    const auto count = static_cast<double>(overdue_.count);
    for (const auto& reading : readings) {
      double number = count;
      if (reading.read == Read::kLong) number = static_cast<double>(long_overdue_.count);
      if (reading.read == Read::kMean)
        number = overdue_.count == 0 ? 0 : static_cast<double>(now * overdue_.count - overdue_.sum) / count / 60'000;
      numbers[reading.number] = static_cast<float>(number);
    }
  }

  void Save(ByteWriter& out) const override {
    std::map<std::string_view, std::int64_t> sorted(open_.begin(), open_.end());
    out.Number(watermark_);
    out.Number(static_cast<std::uint64_t>(sorted.size()));
    for (const auto& [key, due] : sorted) {
      out.Text(key);
      out.Number(due);
    }
  }

  void Load(ByteReader& in) override {
    watermark_ = in.Number<std::int64_t>();
    const auto size = in.Number<std::uint64_t>();
    for (std::uint64_t i = 0; i < size && in.ok(); ++i) {
      const auto key = in.Text();
      Open(key, in.Number<std::int64_t>());
    }
  }

 private:
  /// Number and sum of the open due times up to `at`. A cache: it follows the questions' times, in either direction, in whole numbers.
  struct Cursor {
    std::int64_t at = std::numeric_limits<std::int64_t>::min();
    std::int64_t count = 0, sum = 0;
    void Add(std::int64_t due, std::int64_t times) {
      count += times;
      sum += due * times;
    }
  };

  void Open(std::string_view key, std::int64_t due) {
    Close(key);
    if (open_.size() >= kMostOpen) return;
    const auto opened = open_.emplace(std::string(key), due).first;
    due_[due].push_back(&opened->first);
    Count(due, 1);
  }

  void Close(std::string_view key) {
    const auto found = open_.find(key);
    if (found == open_.end()) return;
    const auto due = due_.find(found->second);
    std::erase(due->second, &found->first);
    if (due->second.empty()) due_.erase(due);
    Count(found->second, -1);
    open_.erase(found);
  }

  void Count(std::int64_t due, std::int64_t times) {
    for (Cursor* cursor : {&overdue_, &long_overdue_})
      if (due <= cursor->at) cursor->Add(due, times);
  }

  void MoveTo(Cursor& cursor, std::int64_t at) const {
    const auto size = [](const auto& item) { return static_cast<std::int64_t>(item.second.size()); };
    const auto from = due_.upper_bound(std::min(cursor.at, at)), to = due_.upper_bound(std::max(cursor.at, at));
    for (auto item = from; item != to; ++item) cursor.Add(item->first, at > cursor.at ? size(*item) : -size(*item));
    cursor.at = at;
  }

  const std::int64_t forget_, long_wait_;
  std::unordered_map<std::string, std::int64_t, KeyHash, std::equal_to<>> open_;  // key -> due; its nodes do not move
  std::map<std::int64_t, std::vector<const std::string*>> due_;                   // due -> keys in open_
  std::int64_t watermark_ = std::numeric_limits<std::int64_t>::min() / 2;
  Cursor overdue_, long_overdue_;
};

}  // namespace

std::unique_ptr<Source> MakeWaiting(const OperatorSpec& op) { return std::make_unique<Waiting>(op); }

}  // namespace edgewise::feature::detail
