#include "score/detail/grpc_answer.h"

#include <algorithm>
#include <cstring>

#include "score/detail/wire.h"

namespace edgewise::score::detail {
namespace {

using Type = WireReader::Type;

template <class T>
void AppendNarrow(std::string& out, std::uint32_t field, std::span<const std::byte> bytes) {
  std::size_t size = 0;
  const auto each = [&](auto&& use) {
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
      T value{};
      std::memcpy(&value, bytes.data() + at, sizeof(T));
      use(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));  // negative numbers take ten bytes, as protobuf has it
    }
  };
  each([&](std::uint64_t value) { size += VarintSize(value); });
  AppendTag(out, field, Type::kBytes);
  AppendVarint(out, size);
  each([&](std::uint64_t value) { AppendVarint(out, value); });
}

std::string_view TextOf(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void AppendContents(std::string& out, const TensorView& tensor) {
  switch (tensor.type) {
    case DataType::kBool:
      AppendBytes(out, 1, TextOf(tensor.bytes));
      break;  // 0 and 1 are varints of one byte
    case DataType::kInt8:
      AppendNarrow<std::int8_t>(out, 2, tensor.bytes);
      break;
    case DataType::kInt16:
      AppendNarrow<std::int16_t>(out, 2, tensor.bytes);
      break;
    case DataType::kInt32:
      AppendNarrow<std::int32_t>(out, 2, tensor.bytes);
      break;
    case DataType::kInt64:
      AppendNarrow<std::int64_t>(out, 3, tensor.bytes);
      break;
    case DataType::kUint8:
      AppendNarrow<std::uint8_t>(out, 4, tensor.bytes);
      break;
    case DataType::kUint16:
      AppendNarrow<std::uint16_t>(out, 4, tensor.bytes);
      break;
    case DataType::kUint32:
      AppendNarrow<std::uint32_t>(out, 4, tensor.bytes);
      break;
    case DataType::kUint64:
      AppendNarrow<std::uint64_t>(out, 5, tensor.bytes);
      break;
    case DataType::kFp32:
      AppendBytes(out, 6, TextOf(tensor.bytes));
      break;
    case DataType::kFp64:
      AppendBytes(out, 7, TextOf(tensor.bytes));
      break;
    case DataType::kBytes:
      for (const auto text : tensor.strings) AppendBytes(out, 8, text);
      break;
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
}

void AppendRaw(std::string& out, const TensorView& tensor) {
  if (tensor.type != DataType::kBytes) {
    AppendBytes(out, 6, TextOf(tensor.bytes));
    return;
  }
  std::size_t size = 0;
  for (const auto text : tensor.strings) size += 4 + text.size();
  AppendTag(out, 6, Type::kBytes);
  AppendVarint(out, size);
  for (const auto text : tensor.strings) {
    const auto length = static_cast<std::uint32_t>(text.size());
    out.append(reinterpret_cast<const char*>(&length), sizeof length);
    out += text;
  }
}

/// Appends what `append` appends to `out` as one field, whose length is not known before.
template <class Append>
void AppendMessage(std::string& out, std::uint32_t field, Append append) {
  AppendTag(out, field, Type::kBytes);
  const auto before = out.size();
  append();
  std::string length;
  AppendVarint(length, out.size() - before);
  out.insert(before, length);
}

}  // namespace

void AppendAnswer(std::string& out, const ModelVersion& version, std::string_view id, AnswerForm form, std::span<const std::size_t> outputs,
                  std::span<const TensorView> tensors) {
  const auto has_no_list = [](const TensorView& tensor) { return tensor.type == DataType::kFp16 || tensor.type == DataType::kBf16; };
  const bool raw = form == AnswerForm::kRaw || std::ranges::any_of(tensors, has_no_list);
  AppendBytes(out, 1, version.model());
  AppendBytes(out, 2, version.version());
  if (!id.empty()) AppendBytes(out, 3, id);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    AppendMessage(out, 5, [&] {
      AppendBytes(out, 1, version.signature().outputs[outputs[i]].name);
      AppendBytes(out, 2, NameOf(tensors[i].type));
      AppendPacked(out, 3, tensors[i].shape);
      if (!raw) AppendMessage(out, 5, [&] { AppendContents(out, tensors[i]); });
    });
  }
  for (std::size_t i = 0; raw && i < tensors.size(); ++i) AppendRaw(out, tensors[i]);
}

}  // namespace edgewise::score::detail
