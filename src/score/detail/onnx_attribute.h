#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "score/detail/proto_reader.h"

namespace edgewise::score::detail {

/// An AttributeProto of numbers and texts. Views into the file's bytes.
struct OnnxAttribute {
  std::string_view name;
  std::int64_t integer = 0;
  std::string_view text;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
  std::vector<std::string_view> texts;
  bool tensor = false;  ///< Its value is a tensor, which is not read here.
};

/// name 1, i 3, s 4, t 5, floats 7, ints 8, strings 9; packed or not. Nothing if it is damaged.
inline std::optional<OnnxAttribute> ReadOnnxAttribute(std::string_view message) {
  using Kind = ProtoField::Kind;
  OnnxAttribute attribute;
  ProtoReader reader(message);
  const auto number = [](std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); };
  while (const auto field = reader.Next()) {
    const bool bytes = field->kind == Kind::kBytes;
    switch (field->number) {
      case 1:
        attribute.name = field->bytes;
        break;
      case 3:
        attribute.integer = static_cast<std::int64_t>(field->value);
        break;
      case 4:
        attribute.text = field->bytes;
        break;
      case 5:
        attribute.tensor = true;
        break;
      case 7:
        if (field->kind == Kind::kFixed32) attribute.floats.push_back(number(field->value));
        for (std::size_t at = 0; at + 4 <= field->bytes.size(); at += 4) {
          std::uint32_t bits = 0;
          for (unsigned i = 0; i < 4; ++i) bits |= static_cast<std::uint32_t>(static_cast<unsigned char>(field->bytes[at + i])) << (8 * i);
          attribute.floats.push_back(number(bits));
        }
        break;
      case 8: {
        if (!bytes) attribute.integers.push_back(static_cast<std::int64_t>(field->value));
        ProtoReader packed(field->bytes);
        while (const auto value = packed.NextVarint()) attribute.integers.push_back(static_cast<std::int64_t>(*value));
        if (!packed.ok()) return std::nullopt;
        break;
      }
      case 9:
        attribute.texts.push_back(field->bytes);
        break;
      default:
        break;
    }
  }
  return reader.ok() ? std::optional(std::move(attribute)) : std::nullopt;
}

}  // namespace edgewise::score::detail
