#include <algorithm>
#include <cmath>
#include <map>

#include "feature/detail/source.h"

namespace edgewise::feature::detail {
namespace {

constexpr std::int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs;
constexpr std::int64_t kKeepMs = 14 * kDayMs;

/// Counts records by the hour or day of one of their time fields.
class BucketCount final : public Source {
 public:
  BucketCount(const OperatorSpec& op, TimeZone zone) : size_(op.bucket == BucketSize::kHour ? kHourMs : kDayMs), zone_(std::move(zone)) {}

  void Apply(const Record& record, const Places& places, std::string_view) override {
    const double at = NumberAt(places.at, record);
    if (std::isnan(at)) return;
    ++counts_[BucketOf(static_cast<std::int64_t>(at))];
    watermark_ = std::max(watermark_, record.time.ms);
    counts_.erase(counts_.begin(), counts_.lower_bound(BucketOf(watermark_ - kKeepMs)));
  }

  void Answer(const Question& question, std::span<const Reading> readings, std::span<float> numbers) override {
    if (std::isnan(question.at)) return;
    const auto found = counts_.find(BucketOf(static_cast<std::int64_t>(question.at)));
    const auto count = found == counts_.end() ? 0 : found->second;
    for (const auto& reading : readings) numbers[reading.number] = static_cast<float>(count);
  }

  void Save(ByteWriter& out) const override {
    out.Number(watermark_);
    out.Number(static_cast<std::uint64_t>(counts_.size()));
    for (const auto& [bucket, count] : counts_) {
      out.Number(bucket);
      out.Number(count);
    }
  }

  void Load(ByteReader& in) override {
    watermark_ = in.Number<std::int64_t>();
    const auto size = in.Number<std::uint64_t>();
    for (std::uint64_t i = 0; i < size && in.ok(); ++i) {
      const auto bucket = in.Number<std::int64_t>();
      counts_[bucket] = in.Number<std::int64_t>();
    }
  }

 private:
  std::int64_t BucketOf(std::int64_t ms) const {
    const auto local = ms + zone_.OffsetSeconds({ms}) * 1000;
    return local / size_ - (local % size_ < 0 ? 1 : 0);
  }

  const std::int64_t size_;
  const TimeZone zone_;
  std::map<std::int64_t, std::int64_t> counts_;  // a few hundred buckets
  std::int64_t watermark_ = 0;
};

}  // namespace

std::unique_ptr<Source> MakeBucket(const OperatorSpec& op, TimeZone zone) { return std::make_unique<BucketCount>(op, std::move(zone)); }

}  // namespace edgewise::feature::detail
