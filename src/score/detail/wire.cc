#include "score/detail/wire.h"

namespace edgewise::score::detail {

bool WireReader::Next() {
  if (!ok_ || at_ == end_) return false;
  const auto tag = RawVarint();
  if (!ok_) return false;
  const auto type = tag & 7;
  if (type > 5 || (tag >> 3) == 0 || (tag >> 3) > 0x1fffffff) return Bad();
  type_ = static_cast<Type>(type);
  field_ = static_cast<std::uint32_t>(tag >> 3);
  return true;
}

std::uint64_t WireReader::RawVarint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (at_ == end_) return Bad(), 0;
    const auto byte = static_cast<unsigned char>(*at_++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return Bad(), 0;
}

std::uint64_t WireReader::Varint() { return Is(Type::kVarint) ? RawVarint() : 0; }

std::string_view WireReader::Text() {
  if (!Is(Type::kBytes)) return {};
  const auto size = RawVarint();
  if (!ok_ || size > Left()) return Bad(), std::string_view{};
  const std::string_view text(at_, static_cast<std::size_t>(size));
  at_ += text.size();
  return text;
}

void WireReader::Skip() { Skip(0); }

void WireReader::Skip(int depth) {
  switch (type_) {
    case Type::kVarint:
      RawVarint();
      return;
    case Type::kFixed64:
      Fixed<std::uint64_t>(Type::kFixed64);
      return;
    case Type::kFixed32:
      Fixed<std::uint32_t>(Type::kFixed32);
      return;
    case Type::kBytes:
      Text();
      return;
    case Type::kEndGroup:
      Bad();
      return;
    case Type::kGroup:
      break;
  }
  if (depth == kDepth) {
    Bad();
    return;
  }
  const auto group = field_;
  while (Next()) {
    if (type_ == Type::kEndGroup) {
      if (field_ != group) Bad();
      return;
    }
    Skip(depth + 1);
  }
  Bad();
}

void AppendVarint(std::string& out, std::uint64_t value) {
  while (value > 0x7f) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void AppendTag(std::string& out, std::uint32_t field, WireReader::Type type) {
  AppendVarint(out, static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(type));
}

void AppendBytes(std::string& out, std::uint32_t field, std::string_view bytes) {
  AppendTag(out, field, WireReader::Type::kBytes);
  AppendVarint(out, bytes.size());
  out += bytes;
}

void AppendPacked(std::string& out, std::uint32_t field, std::span<const std::int64_t> values) {
  if (values.empty()) return;
  std::size_t size = 0;
  for (const auto value : values) size += VarintSize(static_cast<std::uint64_t>(value));
  AppendTag(out, field, WireReader::Type::kBytes);
  AppendVarint(out, size);
  for (const auto value : values) AppendVarint(out, static_cast<std::uint64_t>(value));
}

}  // namespace edgewise::score::detail
