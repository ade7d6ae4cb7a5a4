#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace edgewise::score::detail {

/// One field of a protobuf message.
struct ProtoField {
  enum class Kind : std::uint8_t { kVarint, kFixed32, kFixed64, kBytes };
  std::uint32_t number = 0;
  Kind kind = Kind::kVarint;
  std::uint64_t value = 0;  ///< Of kVarint and the fixed ones.
  std::string_view bytes;   ///< Of kBytes: a text, a message, or packed numbers.
};

/// Walks the fields of one message of the protobuf wire format (protobuf.dev/programming-guides/encoding), without recursion, without
/// copies. `ok()` is false after a damaged field: truncated, a group, a varint of more than ten bytes, field number 0.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : rest_(message) {}

  bool ok() const { return ok_; }
  /// The next field; nothing at the end, or where it is damaged.
  std::optional<ProtoField> Next() {
    if (rest_.empty() || !ok_) return std::nullopt;
    auto field = Read();
    ok_ = field.has_value();
    return field;
  }
  /// The next number of packed ones.
  std::optional<std::uint64_t> NextVarint() {
    if (rest_.empty() || !ok_) return std::nullopt;
    auto value = Varint();
    ok_ = value.has_value();
    return value;
  }

 private:
  std::optional<ProtoField> Read() {
    constexpr std::uint64_t kMostNumber = (1U << 29U) - 1;
    const auto key = Varint();
    if (!key || *key >> 3U == 0 || *key >> 3U > kMostNumber) return std::nullopt;
    ProtoField field{.number = static_cast<std::uint32_t>(*key >> 3U), .kind = {}, .value = 0, .bytes = {}};
    switch (*key & 7U) {
      case 0: {
        const auto value = Varint();
        if (!value) return std::nullopt;
        field.value = *value;
        return field;
      }
      case 1:
        field.kind = ProtoField::Kind::kFixed64;
        return Fixed(field, 8);
      case 2: {
        const auto size = Varint();
        if (!size || *size > rest_.size()) return std::nullopt;
        field.kind = ProtoField::Kind::kBytes;
        field.bytes = rest_.substr(0, static_cast<std::size_t>(*size));
        rest_.remove_prefix(field.bytes.size());
        return field;
      }
      case 5:
        field.kind = ProtoField::Kind::kFixed32;
        return Fixed(field, 4);
      default:
        return std::nullopt;
    }
  }

  std::optional<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < rest_.size() && i < 10; ++i) {
      const auto byte = static_cast<unsigned char>(rest_[i]);
      value |= static_cast<std::uint64_t>(byte & 127U) << (7 * i);
      if (byte < 128) {
        rest_.remove_prefix(i + 1);
        return value;
      }
    }
    return std::nullopt;
  }

  std::optional<ProtoField> Fixed(ProtoField field, std::size_t size) {
    if (rest_.size() < size) return std::nullopt;
    for (std::size_t i = 0; i < size; ++i) field.value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    rest_.remove_prefix(size);
    return field;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace edgewise::score::detail
