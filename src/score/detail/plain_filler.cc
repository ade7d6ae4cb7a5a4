#include "score/detail/plain_filler.h"

#include <fmt/format.h>

#include <cstring>

namespace edgewise::score::detail {

TensorFiller::TensorFiller(const TensorInfo& info, TensorStore& store, std::size_t count) : info_(&info), store_(&store) {
  if (info.type != DataType::kBytes) next_ = store.Values(count * SizeOf(info.type)).data();
}

Result<TensorFiller> TensorFiller::Begin(const ModelVersion& version, std::size_t input, std::span<const std::int64_t> shape,
                                         std::size_t count, InferRequest& request) {
  const auto& info = version.signature().inputs[input];
  EDGEWISE_TRY(Check(info, info.type, shape));
  request.tensors.Begin(input, info.type, shape);
  return TensorFiller(info, request.tensors, count);
}

template <class T>
bool TensorFiller::PutAs(const PlainCell& cell) {
  T value{};
  if (!Convert(cell, value)) return false;
  std::memcpy(next_, &value, sizeof(T));
  next_ += sizeof(T);
  return true;
}

bool TensorFiller::Put(const PlainCell& cell) {
  switch (info_->type) {
    case DataType::kBool:
      return PutAs<bool>(cell);
    case DataType::kUint8:
      return PutAs<std::uint8_t>(cell);
    case DataType::kUint16:
      return PutAs<std::uint16_t>(cell);
    case DataType::kUint32:
      return PutAs<std::uint32_t>(cell);
    case DataType::kUint64:
      return PutAs<std::uint64_t>(cell);
    case DataType::kInt8:
      return PutAs<std::int8_t>(cell);
    case DataType::kInt16:
      return PutAs<std::int16_t>(cell);
    case DataType::kInt32:
      return PutAs<std::int32_t>(cell);
    case DataType::kInt64:
      return PutAs<std::int64_t>(cell);
    case DataType::kFp32:
      return PutAs<float>(cell);
    case DataType::kFp64:
      return PutAs<double>(cell);
    case DataType::kBytes:
      if (cell.kind != PlainCell::Kind::kText && cell.kind != PlainCell::Kind::kWritten) return false;
      store_->AddText(cell.text);
      return true;
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return false;
}

std::string TensorFiller::Expectation() const {
  if (info_->type == DataType::kBytes) return "expected text";
  if (info_->type == DataType::kBool) return "expected true or false";
  const bool takes_null = info_->type == DataType::kFp32 || info_->type == DataType::kFp64;
  return fmt::format("expected a number of type {}{}", NameOf(info_->type), takes_null ? ", or null" : "");
}

}  // namespace edgewise::score::detail
