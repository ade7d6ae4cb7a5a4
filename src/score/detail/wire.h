#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace edgewise::score::detail {

/// Reads the protobuf wire format (protobuf.dev/programming-guides/encoding) field by field, as views of the bytes read: nothing is copied
/// and nothing is allocated, whatever lengths the bytes claim. Threads: one at a time.
/// Usage: `while (reader.Next()) switch (reader.field()) { case 1: name = reader.Text(); break; default: reader.Skip(); }`, then ok().
/// A field of another wire type than its reader's makes the whole message bad, as do a length beyond the end and groups nested too deep.
class WireReader {
 public:
  enum class Type : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kGroup = 3, kEndGroup = 4, kFixed32 = 5 };

  explicit WireReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// Moves to the next field; false at the end, and once something was bad.
  bool Next();
  bool ok() const { return ok_; }
  std::uint32_t field() const { return field_; }
  Type type() const { return type_; }

  std::uint64_t Varint();
  std::string_view Text();  ///< Strings, bytes, messages, packed numbers.
  std::uint64_t Fixed64() { return Fixed<std::uint64_t>(Type::kFixed64); }
  void Skip();

  /// Appends the numbers of a repeated field, packed or not: both must be read. More than `limit` in all are bad, before they take memory.
  template <class T>
  void Varints(std::vector<T>& out, std::size_t limit);
  template <class T>
  void Fixeds(std::vector<T>& out, std::size_t limit);

 private:
  static constexpr int kDepth = 32;

  std::uint64_t RawVarint();
  void Skip(int depth);
  bool Is(Type wanted) { return type_ == wanted ? ok_ : Bad(); }
  bool Bad() { return at_ = end_, ok_ = false; }
  std::size_t Left() const { return static_cast<std::size_t>(end_ - at_); }
  template <class T>
  T Fixed(Type wanted);

  const char* at_;
  const char* end_;
  std::uint32_t field_ = 0;
  Type type_ = Type::kVarint;
  bool ok_ = true;
};

template <class T>
T WireReader::Fixed(Type wanted) {
  T value{};
  if (!Is(wanted)) return value;
  if (Left() < sizeof(T)) return Bad(), value;
  std::memcpy(&value, at_, sizeof(T));
  at_ += sizeof(T);
  return value;
}

template <class T>
void WireReader::Varints(std::vector<T>& out, std::size_t limit) {
  if (type_ == Type::kVarint) {
    if (out.size() == limit) Bad();
    if (ok_) out.push_back(static_cast<T>(RawVarint()));
    return;
  }
  WireReader packed(Text());
  while (packed.Left() > 0 && out.size() < limit) out.push_back(static_cast<T>(packed.RawVarint()));
  if (!packed.ok_ || packed.Left() > 0) Bad();
}

template <class T>
void WireReader::Fixeds(std::vector<T>& out, std::size_t limit) {
  constexpr Type kWidth = sizeof(T) == 4 ? Type::kFixed32 : Type::kFixed64;
  if (type_ == kWidth) {
    if (out.size() == limit) Bad();
    if (ok_) out.push_back(Fixed<T>(kWidth));
    return;
  }
  const auto packed = Text();
  const auto before = out.size();
  if (packed.size() % sizeof(T) != 0 || packed.size() / sizeof(T) > limit - before) {
    Bad();
    return;
  }
  out.resize(before + packed.size() / sizeof(T));
  if (!packed.empty()) std::memcpy(out.data() + before, packed.data(), packed.size());
}

/// Bytes that `value` takes as a varint.
constexpr std::size_t VarintSize(std::uint64_t value) { return static_cast<std::size_t>(std::bit_width(value | 1) + 6) / 7; }

/// Appends to a message in the wire format. A default value (0, "") is written as well: leave the call out where it should not be.
void AppendVarint(std::string& out, std::uint64_t value);
void AppendTag(std::string& out, std::uint32_t field, WireReader::Type type);
void AppendBytes(std::string& out, std::uint32_t field, std::string_view bytes);
void AppendPacked(std::string& out, std::uint32_t field, std::span<const std::int64_t> values);

}  // namespace edgewise::score::detail
