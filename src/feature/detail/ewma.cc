#include <algorithm>
#include <cmath>

#include "feature/detail/keyed.h"
#include "feature/detail/source.h"

namespace edgewise::feature::detail {
namespace {

/// Exponentially weighted mean by count. The first 1 / alpha values weigh alike, so that a young mean is not its first value.
class Ewma final : public Source {
 public:
  explicit Ewma(const OperatorSpec& op) : alpha_(op.alpha), cap_(op.cap) {}

  void Apply(const Record& record, const Places& places, std::string_view key) override {
    const double value = ValueOf(places, record);
    if (std::isnan(value)) return;
    Mean& mean = means_.Touch(key);
    ++mean.count;
    mean.value += std::max(alpha_, 1 / static_cast<double>(mean.count)) * (std::min(value, cap_) - mean.value);
  }

  void Answer(const Question& question, std::span<const Reading> readings, std::span<float> numbers) override {
    const Mean* mean = means_.Find(question.key);
    if (mean == nullptr) return;
    for (const auto& reading : readings) numbers[reading.number] = static_cast<float>(mean->value);
  }

  void Save(ByteWriter& out) const override {
    means_.Save(out, [&](const Mean& mean) {
      out.Number(mean.value);
      out.Number(mean.count);
    });
  }

  void Load(ByteReader& in) override {
    means_.Load(in, [&](Mean& mean) {
      mean.value = in.Number<double>();
      mean.count = in.Number<std::uint64_t>();
    });
  }

 private:
  struct Mean {
    double value = 0;
    std::uint64_t count = 0;
  };

  const double alpha_, cap_;
  Keyed<Mean> means_;
};

}  // namespace

std::unique_ptr<Source> MakeEwma(const OperatorSpec& op) { return std::make_unique<Ewma>(op); }

}  // namespace edgewise::feature::detail
