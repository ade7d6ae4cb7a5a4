#include "score/detail/warm_up.h"

#include <time.h>

#include <algorithm>
#include <numeric>

#include "score/detail/independent_rows.h"

namespace edgewise::score::detail {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kEnough = std::chrono::milliseconds(4);    // of repetitions of one size
constexpr nanoseconds kLongest = std::chrono::milliseconds(20);  // a run beyond this is not doubled
constexpr int kRepetitions = 5;
constexpr std::size_t kMostRows = 32;
constexpr std::size_t kMostElements = 64 << 20;

/// Zeros and empty texts in the shapes that a signature asks for.
class Zeros {
 public:
  /// False: they would be too large to be made.
  bool Make(const Signature& signature, std::size_t rows) {
    views_.clear();
    shapes_.resize(signature.inputs.size());
    bytes_.resize(signature.inputs.size());
    texts_.resize(signature.inputs.size());
    for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
      const TensorInfo& info = signature.inputs[i];
      shapes_[i] = info.shape;
      for (auto& axis : shapes_[i]) axis = axis < 0 ? 1 : axis;
      if (signature.batches && !shapes_[i].empty()) shapes_[i][0] = static_cast<std::int64_t>(rows);
      const auto count = CountElements(shapes_[i], kMostElements);
      if (!count) return false;
      if (info.type == DataType::kBytes) texts_[i].assign(*count, "");
      bytes_[i].assign(*count * SizeOf(info.type), std::byte{0});
      views_.push_back({.type = info.type, .shape = shapes_[i], .bytes = bytes_[i], .strings = texts_[i]});
    }
    return true;
  }
  const std::vector<TensorView>& views() const { return views_; }

 private:
  std::vector<TensorView> views_;
  std::vector<std::vector<std::int64_t>> shapes_;
  std::vector<std::vector<std::byte>> bytes_;
  std::vector<std::vector<std::string_view>> texts_;
};

nanoseconds ThreadTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

/// The least of a few runs with so many rows; of those that went well, once one did.
Result<nanoseconds> Measure(Runner& runner, const Signature& signature, std::size_t rows) {
  Zeros zeros;
  if (!zeros.Make(signature, rows)) return Fail(Code::kResourceExhausted, "its inputs are too large to be tried");
  std::vector<std::size_t> outputs(signature.outputs.size());
  std::iota(outputs.begin(), outputs.end(), 0);
  nanoseconds least = nanoseconds::max();
  nanoseconds spent{0};
  for (int i = 0; i < kRepetitions && (i < 3 || spent < kEnough); ++i) {
    const auto begin = ThreadTime();
    if (auto run = runner.Run(zeros.views(), outputs); !run) {
      if (i > 0) break;
      return std::unexpected(std::move(run.error()));
    }
    const auto time = ThreadTime() - begin;
    least = std::min(least, time);
    spent += time;
  }
  return least;
}

}  // namespace

Result<WarmUpResult> WarmUp(const ModelEngine& engine, std::size_t max_rows, Watchdog& watchdog, Watchdog::Time until) {
  EDGEWISE_ASSIGN(const auto runner, engine.MakeRunner());
  const Watchdog::Guest watched(watchdog, *runner, until);
  const Signature& signature = engine.signature();
  const auto one = Measure(*runner, signature, 1);
  if (!one) return WarmUpResult{.cost = std::nullopt, .refusal = one.error().message};
  RunCost cost{.first = *one, .further = *one, .good_rows = 1};
  if (!signature.batches) return WarmUpResult{.cost = cost, .refusal = ""};
  nanoseconds last = *one;
  for (std::size_t rows = 2; rows <= std::min(kMostRows, max_rows) && 2 * last <= kLongest; rows *= 2) {
    const auto time = Measure(*runner, signature, rows);
    if (!time) break;
    cost.further = std::max(nanoseconds(0), (*time - cost.first) / static_cast<std::int64_t>(rows - 1));
    if (*time * 10 > last * 18) break;
    cost.good_rows = rows;
    last = *time;
  }
  if (cost.good_rows > 1 && !RowsAreIndependent(*runner, signature)) cost.good_rows = 1;
  return WarmUpResult{.cost = cost, .refusal = ""};
}

}  // namespace edgewise::score::detail
