#include "score/shadow.h"

#include <string>
#include <vector>

#include "score/detail/difference.h"

namespace edgewise::score {
namespace {

using std::chrono::steady_clock;

constexpr std::uint64_t kMostWaiting = 64;

/// Tensors that keep what they point to.
class OwnedTensors {
 public:
  explicit OwnedTensors(std::span<const TensorView> views) : tensors_(views.size()) {
    for (std::size_t i = 0; i < views.size(); ++i) tensors_[i].Take(views[i]);
    for (std::size_t i = 0; i < views.size(); ++i) views_.push_back(tensors_[i].View(views[i].type));
  }
  const std::vector<TensorView>& views() const { return views_; }

 private:
  struct Tensor {
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;
    std::vector<std::string> texts;
    std::vector<std::string_view> strings;

    void Take(const TensorView& view) {
      shape.assign(view.shape.begin(), view.shape.end());
      bytes.assign(view.bytes.begin(), view.bytes.end());
      texts.assign(view.strings.begin(), view.strings.end());
      strings.assign(texts.begin(), texts.end());
    }
    TensorView View(DataType type) const { return {.type = type, .shape = shape, .bytes = bytes, .strings = strings}; }
  };
  std::vector<Tensor> tensors_;
  std::vector<TensorView> views_;
};

class ShadowJob final : public Job {
 public:
  ShadowJob(std::shared_ptr<ModelVersion> shadow, const Job& job, std::span<const TensorView> answer)
      : shadow_(std::move(shadow)), copies_(job.inputs), answer_(answer) {
    inputs = copies_.views();
    outputs = job.outputs;
    rows = job.rows;
  }
  ~ShadowJob() override { findings().waiting.fetch_sub(1, std::memory_order_relaxed); }

  void Done(const Result<std::span<const TensorView>>& result) override {
    if (!result) {
      const bool not_run = result.error().code == Code::kUnavailable || result.error().code == Code::kDeadlineExceeded;
      (not_run ? findings().shed : findings().failed).fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const auto difference = detail::Compare(answer_.views(), *result);
    if (!difference) {
      findings().failed.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    findings().values.fetch_add(difference->values, std::memory_order_relaxed);
    findings().unequal.fetch_add(difference->unequal, std::memory_order_relaxed);
    findings().difference.fetch_add(difference->sum, std::memory_order_relaxed);
    findings().runs.Add(steady_clock::now() - begin_);
  }

 private:
  ShadowStatistics& findings() { return shadow_->statistics().shadow; }

  std::shared_ptr<ModelVersion> shadow_;  // shared with its repository
  OwnedTensors copies_;
  OwnedTensors answer_;
  steady_clock::time_point begin_ = steady_clock::now();
};

}  // namespace

void Shadow(const ModelRepository::Choice& choice, const Job& job, const Result<std::span<const TensorView>>& outputs) {
  if (choice.shadow == nullptr || !outputs) return;
  auto& findings = choice.shadow->statistics().shadow;
  if (findings.waiting.fetch_add(1, std::memory_order_relaxed) >= kMostWaiting) {
    findings.waiting.fetch_sub(1, std::memory_order_relaxed);
    findings.shed.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const auto submitted = choice.shadow->SubmitIdle(std::make_unique<ShadowJob>(choice.shadow, job, *outputs));
  if (!submitted) findings.shed.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace edgewise::score
