#include "score/detail/infer_request.h"

#include <algorithm>

#include "score/detail/kept_bytes.h"

namespace edgewise::score::detail {
namespace {

/// What one large request took is given back after it.
constexpr std::size_t kKept = 4u << 20;

constexpr std::size_t RoundUp(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

void TensorStore::Clear(std::size_t tensors) {
  GiveBack(blocks_, kKept);
  GiveBack(texts_, kKept);
  GiveBack(strings_, kKept);
  used_ = 0;
  axes_.clear();
  texts_.clear();
  strings_.clear();
  entries_.assign(tensors, {});
}

void TensorStore::Begin(std::size_t index, DataType type, std::span<const std::int64_t> shape) {
  current_ = index;
  used_ = RoundUp(used_);
  entries_[index] = {.begun = true,
                     .type = type,
                     .first_axis = axes_.size(),
                     .axes = shape.size(),
                     .first_byte = used_,
                     .bytes = 0,
                     .first_text = texts_.size(),
                     .texts = 0};
  axes_.insert(axes_.end(), shape.begin(), shape.end());
}

std::byte* TensorStore::Room(std::size_t bytes) {
  const std::size_t needed = used_ + bytes;
  if (needed > blocks_.size() * sizeof(Block) || blocks_.empty()) {
    blocks_.resize(std::max({RoundUp(needed) / sizeof(Block), blocks_.size() * 2, std::size_t{1}}));
  }
  auto* const room = At(used_);
  used_ = needed;
  return room;
}

std::span<std::byte> TensorStore::Values(std::size_t bytes) {
  entries_[current_].bytes = bytes;
  return {Room(bytes), bytes};
}

void TensorStore::AddText(std::string_view text) {
  texts_.push_back({used_, text.size()});
  ++entries_[current_].texts;
  std::ranges::copy(std::as_bytes(std::span(text)), Room(text.size()));
}

void TensorStore::View(std::vector<TensorView>& views) {
  strings_.clear();
  for (const auto& text : texts_) strings_.emplace_back(reinterpret_cast<const char*>(At(text.first)), text.size);
  views.clear();
  for (const auto& entry : entries_) {
    views.push_back({.type = entry.type,
                     .shape = std::span(axes_).subspan(entry.first_axis, entry.axes),
                     .bytes = {entry.bytes == 0 ? nullptr : At(entry.first_byte), entry.bytes},
                     .strings = std::span(strings_).subspan(entry.first_text, entry.texts)});
  }
}

void InferRequest::Clear(const Signature& signature) {
  id.clear();
  tensors.Clear(signature.inputs.size());
  outputs.clear();
  rows = 1;
  timeout = {};
}

void InferRequest::Fill(Job& job) {
  tensors.View(job.inputs);
  job.outputs.clear();
  for (const auto& output : outputs) job.outputs.push_back(output.index);
  job.rows = rows;
}

}  // namespace edgewise::score::detail
