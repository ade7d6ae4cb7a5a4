#include <cmath>

#include "feature/detail/keyed.h"
#include "feature/detail/source.h"

namespace edgewise::feature::detail {
namespace {

/// The latest value of a key and its age in minutes, while it is not older than `within`.
class Last final : public Source {
 public:
  explicit Last(const OperatorSpec& op) : within_(op.window) {}

  void Apply(const Record& record, const Places& places, std::string_view key) override {
    const double value = ValueOf(places, record);
    if (std::isnan(value)) return;
    Seen& seen = seen_.Touch(key);
    if (record.time.ms >= seen.time) seen = {record.time.ms, value};
  }

  void Answer(const Question& question, std::span<const Reading> readings, std::span<float> numbers) override {
    const Seen* seen = seen_.Find(question.key);
    if (seen == nullptr) return;
    const auto age = question.time.ms - seen->time;
    if (age < 0 || age > within_) return;
    for (const auto& reading : readings)
      numbers[reading.number] = static_cast<float>(reading.read == Read::kAge ? static_cast<double>(age) / 60'000 : seen->value);
  }

  void Save(ByteWriter& out) const override {
    seen_.Save(out, [&](const Seen& seen) {
      out.Number(seen.time);
      out.Number(seen.value);
    });
  }

  void Load(ByteReader& in) override {
    seen_.Load(in, [&](Seen& seen) {
      seen.time = in.Number<std::int64_t>();
      seen.value = in.Number<double>();
    });
  }

 private:
  struct Seen {
    std::int64_t time = std::numeric_limits<std::int64_t>::min();
    double value = 0;
  };

  const std::int64_t within_;
  Keyed<Seen> seen_;
};

}  // namespace

std::unique_ptr<Source> MakeLast(const OperatorSpec& op) { return std::make_unique<Last>(op); }

}  // namespace edgewise::feature::detail
