#include <algorithm>
#include <cmath>
#include <deque>

#include "feature/detail/keyed.h"
#include "feature/detail/source.h"

namespace edgewise::feature::detail {
namespace {

// Sums are whole numbers of 1/65536: adding and taking away in any order gives the same bits, so replays and restarts agree.
constexpr double kUnit = 65536;
constexpr double kLargest = 1e9;

/// Count, mean, max and share-above of the values in (t - window, t].
class Window {
 public:
  void Add(std::int64_t time, double value, double above, std::int64_t window) {
    const auto fixed = static_cast<std::int64_t>(std::llround(std::clamp(value, -kLargest, kLargest) * kUnit));
    const Entry entry{time, fixed, 0, 0};
    if (entries_.empty() || entries_.back().time <= time) {
      entries_.push_back(entry);
      Accumulate(entries_.size() - 1, above);
      AddPeak(entry);
    } else {
      const auto at = std::upper_bound(entries_.begin(), entries_.end(), time, Earlier);
      const auto index = static_cast<std::size_t>(at - entries_.begin());
      entries_.insert(at, entry);
      for (std::size_t i = index; i < entries_.size(); ++i) Accumulate(i, above);
      peaks_.clear();
      for (const auto& one : entries_) AddPeak(one);
    }
    // Twice the window, so that a request that comes late is answered alike.
    const auto oldest = entries_.back().time - 2 * window;
    while (entries_.front().time < oldest) entries_.pop_front();
    while (peaks_.front().time < oldest) peaks_.pop_front();
  }

  void Answer(std::int64_t time, std::int64_t window, double above, std::span<const Reading> readings, std::span<float> numbers) const {
    const auto begin = std::upper_bound(entries_.begin(), entries_.end(), time - window, Earlier);
    const auto end = std::upper_bound(begin, entries_.end(), time, Earlier);
    const auto count = static_cast<double>(end - begin);
    for (const auto& reading : readings) {
      if (reading.read == Read::kCount) numbers[reading.number] = static_cast<float>(count);
      if (begin == end) continue;  // mean, max and share of nothing are missing
      const Entry& last = *std::prev(end);
      const bool first_above = begin->value > Fixed(above);
      if (reading.read == Read::kMean)
        numbers[reading.number] =
            static_cast<float>(static_cast<double>(static_cast<std::int64_t>(last.sum - begin->sum) + begin->value) / kUnit / count);
      if (reading.read == Read::kShare)
        numbers[reading.number] = static_cast<float>(static_cast<double>(last.above - begin->above + (first_above ? 1 : 0)) / count);
      if (reading.read == Read::kMax) numbers[reading.number] = static_cast<float>(static_cast<double>(Max(begin, end)) / kUnit);
    }
  }

  void Save(ByteWriter& out) const {
    out.Number(static_cast<std::uint64_t>(entries_.size()));
    for (const auto& entry : entries_) {
      out.Number(entry.time);
      out.Number(entry.value);
    }
  }

  void Load(ByteReader& in, double above) {
    const auto size = in.Number<std::uint64_t>();
    for (std::uint64_t i = 0; i < size && in.ok(); ++i) {
      const auto time = in.Number<std::int64_t>();
      entries_.push_back({time, in.Number<std::int64_t>(), 0, 0});
      Accumulate(entries_.size() - 1, above);
      AddPeak(entries_.back());
    }
  }

 private:
  struct Entry {
    std::int64_t time, value;
    std::uint64_t sum, above;  // up to and with this one; they wrap around, only differences are read
  };
  struct Peak {
    std::int64_t time, value;
  };
  using Entries = std::deque<Entry>;

  static bool Earlier(std::int64_t time, const Entry& entry) { return time < entry.time; }
  static std::int64_t Fixed(double value) {
    return static_cast<std::int64_t>(std::llround(std::clamp(value, -kLargest, kLargest) * kUnit));
  }

  void Accumulate(std::size_t index, double above) {
    Entry& entry = entries_[index];
    const bool first = index == 0;
    entry.sum = (first ? 0 : entries_[index - 1].sum) + static_cast<std::uint64_t>(entry.value);
    entry.above = (first ? 0 : entries_[index - 1].above) + (entry.value > Fixed(above) ? 1 : 0);
  }

  // Peaks: entries that are larger than all that came after them.
  void AddPeak(const Entry& entry) {
    while (!peaks_.empty() && peaks_.back().value <= entry.value) peaks_.pop_back();
    peaks_.push_back({entry.time, entry.value});
  }

  std::int64_t Max(Entries::const_iterator begin, Entries::const_iterator end) const {
    if (end != entries_.end())  // a late request: peaks know of what came after it
      return std::max_element(begin, end, [](const Entry& a, const Entry& b) { return a.value < b.value; })->value;
    return std::lower_bound(peaks_.begin(), peaks_.end(), begin->time, [](const Peak& peak, std::int64_t time) { return peak.time < time; })
        ->value;
  }

  Entries entries_;  // ascending time
  std::deque<Peak> peaks_;
};

class Rolling final : public Source {
 public:
  explicit Rolling(const OperatorSpec& op) : window_(op.window), above_(op.above), counts_only_(op.value.empty()) {}

  void Apply(const Record& record, const Places& places, std::string_view key) override {
    const double value = counts_only_ ? 0 : ValueOf(places, record);
    if (!std::isnan(value)) windows_.Touch(key).Add(record.time.ms, value, above_, window_);
  }

  void Answer(const Question& question, std::span<const Reading> readings, std::span<float> numbers) override {
    static const Window kEmpty;
    const Window* window = windows_.Find(question.key);
    (window == nullptr ? kEmpty : *window).Answer(question.time.ms, window_, above_, readings, numbers);
  }

  void Save(ByteWriter& out) const override {
    windows_.Save(out, [&](const Window& window) { window.Save(out); });
  }
  void Load(ByteReader& in) override {
    windows_.Load(in, [&](Window& window) { window.Load(in, above_); });
  }

 private:
  const std::int64_t window_;
  const double above_;
  const bool counts_only_;
  Keyed<Window> windows_;
};

}  // namespace

std::unique_ptr<Source> MakeRolling(const OperatorSpec& op) { return std::make_unique<Rolling>(op); }

}  // namespace edgewise::feature::detail
