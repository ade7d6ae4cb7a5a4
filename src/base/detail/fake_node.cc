#include "base/detail/fake_node.h"

#include <algorithm>

namespace edgewise::detail {
namespace {

constexpr std::size_t kSector = 512;

void Put(std::string& file, std::uint64_t offset, std::string_view bytes) {
  if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size());
  std::ranges::copy(bytes, file.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// A coin for each sector that the write touches.
void PutSome(std::string& file, std::uint64_t offset, std::string_view bytes, std::mt19937_64& random) {
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, kSector - offset % kSector);
    if (random() % 2 == 0) Put(file, offset, part);
    offset += part.size();
    bytes.remove_prefix(part.size());
  }
}

}  // namespace

void FakeNode::Write(std::uint64_t offset, std::string_view bytes) {
  Put(bytes_, offset, bytes);
  unsynced_.push_back({offset, std::string(bytes), false});
}

void FakeNode::Truncate(std::uint64_t size) {
  bytes_.resize(size);
  unsynced_.push_back({size, "", true});
}

void FakeNode::Sync() {
  for (const auto& change : unsynced_) change.truncates ? durable_.resize(change.offset) : Put(durable_, change.offset, change.bytes);
  unsynced_.clear();
}

void FakeNode::Flip(std::uint64_t at, unsigned bit) {
  for (auto* file : {&bytes_, &durable_}) {
    if (at < file->size()) (*file)[at] = static_cast<char>((*file)[at] ^ (1 << bit));
  }
}

void FakeNode::PowerCut(std::size_t survivors) {
  for (const auto& change : unsynced_) {
    if (change.truncates || survivors == 0) break;
    const auto kept = std::string_view(change.bytes).substr(0, survivors);
    Put(durable_, change.offset, kept);
    survivors -= kept.size();
  }
  unsynced_.clear();
  bytes_ = durable_;
}

void FakeNode::PowerCut(std::mt19937_64& random) {
  const auto luck = random() % 3;  // of the whole disk: nothing, anything or everything was on its way
  for (const auto& change : unsynced_) {
    if (luck == 0 || (luck == 1 && change.truncates && random() % 2 == 0)) continue;
    if (change.truncates) {
      durable_.resize(change.offset);
    } else if (luck == 1) {
      PutSome(durable_, change.offset, change.bytes, random);
    } else {
      Put(durable_, change.offset, change.bytes);
    }
  }
  unsynced_.clear();
  bytes_ = durable_;
}

}  // namespace edgewise::detail
