#include "score/detail/binary_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace edgewise::score::detail {
namespace {

static_assert(std::endian::native == std::endian::little, "binary tensors are little-endian and are copied as they are");

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

constexpr std::size_t kLengthBytes = 4;

Result<void> ReadTexts(std::string_view bytes, std::size_t count, TensorStore& store) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t length = 0;
    if (bytes.size() < kLengthBytes) return Invalid(fmt::format("its bytes end at element {} of the {} of its shape", i, count));
    std::memcpy(&length, bytes.data(), kLengthBytes);
    bytes.remove_prefix(kLengthBytes);
    if (length > bytes.size()) return Invalid(fmt::format("element {} claims {} bytes, {} are left", i, length, bytes.size()));
    store.AddText(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  if (!bytes.empty()) return Invalid(fmt::format("{} bytes follow the {} elements of its shape", bytes.size(), count));
  return {};
}

}  // namespace

Result<void> ReadBinaryTensor(std::string_view bytes, DataType type, std::size_t count, TensorStore& store) {
  if (type == DataType::kBytes) return ReadTexts(bytes, count, store);
  const std::size_t width = SizeOf(type);
  if (bytes.size() % width != 0 || bytes.size() / width != count) {
    return Invalid(fmt::format("binary_data_size is {}, its shape needs {} elements of {} bytes", bytes.size(), count, width));
  }
  if (type == DataType::kBool) {
    const auto wrong = std::ranges::find_if(bytes, [](char byte) { return byte != 0 && byte != 1; });
    if (wrong != bytes.end()) return Invalid(fmt::format("element {} is no BOOL: expected 0 or 1", wrong - bytes.begin()));
  }
  std::memcpy(store.Values(bytes.size()).data(), bytes.data(), bytes.size());
  return {};
}

std::size_t BinarySize(const TensorView& tensor) {
  if (tensor.type != DataType::kBytes) return tensor.bytes.size();
  std::size_t size = 0;
  for (const auto& text : tensor.strings) size += kLengthBytes + text.size();
  return size;
}

void AppendBinaryTensor(std::string& out, const TensorView& tensor) {
  if (tensor.type != DataType::kBytes) {
    out.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
    return;
  }
  for (const auto& text : tensor.strings) {
    const auto length = static_cast<std::uint32_t>(text.size());
    out.append(reinterpret_cast<const char*>(&length), kLengthBytes);
    out += text;
  }
}

}  // namespace edgewise::score::detail
