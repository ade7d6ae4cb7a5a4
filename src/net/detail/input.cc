#include "net/detail/input.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace edgewise::net::detail {
namespace {

constexpr std::size_t kSmallestBlock = 16u << 10;
constexpr std::size_t kLargestKept = 1u << 20;
constexpr std::size_t kMostKept = 4;
constexpr std::size_t kWorthReading = 2u << 10;    // a smaller room is made larger first
constexpr std::size_t kLargestRead = 256u << 10;   // then it is another connection's turn
constexpr std::size_t kLargestTrusted = 1u << 20;  // of a length that was announced, before the bytes are there

}  // namespace

Block Blocks::Take() {
  if (free_.empty()) return {std::make_unique_for_overwrite<char[]>(kSmallestBlock), kSmallestBlock};
  auto block = std::move(free_.back());
  free_.pop_back();
  return block;
}

void Blocks::Give(Block block) {
  if (block.size <= kLargestKept && free_.size() < kMostKept) free_.push_back(std::move(block));
}

std::span<char> Input::Room(std::size_t wanted) {
  if (!block_.bytes) block_ = blocks_.Take();
  if (block_.size - end_ < kWorthReading && begin_ > 0) {
    std::memmove(block_.bytes.get(), data(), size());
    end_ = size();
    begin_ = 0;
  }
  if (block_.size - end_ < kWorthReading) {
    const auto doubled = 2 * block_.size;
    const auto enough = std::max(wanted, end_) + kWorthReading;
    const auto larger = std::min(enough, std::max(doubled, kLargestTrusted));
    const auto next = wanted > end_ ? std::max(larger, end_ + kWorthReading) : doubled;
    auto bytes = std::make_unique_for_overwrite<char[]>(next);
    std::memcpy(bytes.get(), block_.bytes.get(), end_);
    block_ = {std::move(bytes), next};
  }
  return {block_.bytes.get() + end_, std::min(block_.size - end_, kLargestRead)};
}

void Input::Consume(std::size_t count) {
  begin_ += count;
  if (begin_ < end_) return;
  begin_ = end_ = 0;
  if (block_.bytes) blocks_.Give(std::exchange(block_, {}));
}

void Input::Cut(std::size_t at, std::size_t until) {
  if (at == until) return;
  std::memmove(data() + at, data() + until, size() - until);
  end_ -= until - at;
}

}  // namespace edgewise::net::detail
