#include "score/detail/joined_rows.h"

#include <algorithm>

namespace edgewise::score::detail {

bool CanJoin(const Job& one, const Job& other) {
  if (one.outputs != other.outputs || one.inputs.size() != other.inputs.size()) return false;
  for (std::size_t i = 0; i < one.inputs.size(); ++i) {
    const auto& a = one.inputs[i];
    const auto& b = other.inputs[i];
    if (a.type != b.type || a.shape.empty() || b.shape.empty() || !std::ranges::equal(a.shape.subspan(1), b.shape.subspan(1))) return false;
  }
  return true;
}

std::span<const TensorView> JoinedRows::Join(std::span<const std::unique_ptr<Job>> jobs) {
  const std::size_t inputs = jobs.front()->inputs.size();
  joined_.resize(inputs);
  shapes_.resize(inputs);
  bytes_.resize(inputs);
  texts_.resize(inputs);
  rows_ = 0;
  cut_ = 0;
  for (const auto& job : jobs) rows_ += job->rows;
  for (std::size_t i = 0; i < inputs; ++i) JoinInput(i, jobs);
  return joined_;
}

void JoinedRows::JoinInput(std::size_t input, std::span<const std::unique_ptr<Job>> jobs) {
  auto& bytes = bytes_[input];
  auto& texts = texts_[input];
  bytes.clear();
  texts.clear();
  for (const auto& job : jobs) {
    const TensorView& view = job->inputs[input];
    bytes.insert(bytes.end(), view.bytes.begin(), view.bytes.end());
    texts.insert(texts.end(), view.strings.begin(), view.strings.end());
  }
  const TensorView& first = jobs.front()->inputs[input];
  shapes_[input].assign(first.shape.begin(), first.shape.end());
  shapes_[input][0] = static_cast<std::int64_t>(rows_);
  joined_[input] = {.type = first.type, .shape = shapes_[input], .bytes = bytes, .strings = texts};
}

bool JoinedRows::Splits(std::span<const TensorView> outputs) const {
  return std::ranges::all_of(outputs, [&](const TensorView& output) {
    return !output.shape.empty() && output.shape[0] == static_cast<std::int64_t>(rows_) && output.bytes.size() % rows_ == 0 &&
           output.strings.size() % rows_ == 0;
  });
}

std::span<const TensorView> JoinedRows::Cut(std::span<const TensorView> outputs, const Job& job) {
  part_.resize(outputs.size());
  part_shapes_.resize(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const TensorView& whole = outputs[i];
    part_shapes_[i].assign(whole.shape.begin(), whole.shape.end());
    part_shapes_[i][0] = static_cast<std::int64_t>(job.rows);
    const std::size_t row_bytes = whole.bytes.size() / rows_;
    const std::size_t row_texts = whole.strings.size() / rows_;
    part_[i] = {.type = whole.type,
                .shape = part_shapes_[i],
                .bytes = whole.bytes.subspan(cut_ * row_bytes, job.rows * row_bytes),
                .strings = whole.strings.subspan(cut_ * row_texts, job.rows * row_texts)};
  }
  cut_ += job.rows;
  return part_;
}

}  // namespace edgewise::score::detail
