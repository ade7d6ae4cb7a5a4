#include "score/detail/infer_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "score/detail/binary_tensor.h"
#include "score/detail/numbers.h"

namespace edgewise::score::detail {
namespace {

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

/// Numbers go through a buffer on the stack: what the string would check for each of them is checked for a handful at once.
template <class T>
Result<void> AppendNumbers(std::string& body, const TensorView& tensor, std::size_t begin, std::size_t end, NotANumber not_a_number) {
  constexpr std::size_t kAtOnce = 32;
  const std::span values(reinterpret_cast<const T*>(tensor.bytes.data()), tensor.bytes.size() / sizeof(T));
  std::array<char, kAtOnce*(kLongestNumber + 1)> text;  // NOLINT: written before it is read
  for (std::size_t i = begin; i < end;) {
    char* out = text.data();
    for (const std::size_t stop = std::min(end, i + kAtOnce); i < stop; ++i) {
      if (i != begin) *out++ = ',';
      if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(values[i])) {
          if (not_a_number == NotANumber::kError) return Invalid(fmt::format("element {} is not a number, which JSON cannot say", i));
          out = std::ranges::copy(std::string_view("null"), out).out;
          continue;
        }
      }
      out = WriteNumber(out, values[i]);
    }
    body.append(text.data(), static_cast<std::size_t>(out - text.data()));
  }
  return {};
}

void AppendFlags(std::string& body, const TensorView& tensor, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if (i != begin) body += ',';
    body += tensor.bytes[i] == std::byte{0} ? "false" : "true";
  }
}

Result<void> AppendTexts(std::string& body, const TensorView& tensor, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const auto text = tensor.strings[i];
    if (!simdjson::validate_utf8(text.data(), text.size())) {
      return Invalid(fmt::format("element {} is no UTF-8 text, which JSON cannot say", i));
    }
    if (i != begin) body += ',';
    AppendText(body, text);
  }
  return {};
}

void AppendShape(std::string& body, std::span<const std::int64_t> shape) {
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i != 0) body += ',';
    AppendNumber(body, shape[i]);
  }
}

Result<void> AppendOutput(std::string& body, const TensorInfo& info, const TensorView& tensor, bool binary, NotANumber not_a_number) {
  body += R"({"name":)";
  AppendText(body, info.name);
  body += R"(,"datatype":")";
  body += NameOf(tensor.type);
  body += R"(","shape":[)";
  AppendShape(body, tensor.shape);
  if (binary) {
    body += R"(],"parameters":{"binary_data_size":)";
    AppendNumber(body, BinarySize(tensor));
    body += "}}";
    return {};
  }
  body += R"(],"data":[)";
  if (auto written = AppendElements(body, tensor, 0, ElementsOf(tensor), not_a_number); !written) {
    return Invalid(fmt::format("output \"{}\": {}: ask for it with binary_data", info.name, written.error().message));
  }
  body += "]}";
  return {};
}

}  // namespace

std::size_t ElementsOf(const TensorView& tensor) {
  return tensor.type == DataType::kBytes ? tensor.strings.size() : tensor.bytes.size() / SizeOf(tensor.type);
}

Result<void> AppendElements(std::string& body, const TensorView& tensor, std::size_t begin, std::size_t end, NotANumber not_a_number) {
  switch (tensor.type) {
    case DataType::kBool:
      AppendFlags(body, tensor, begin, end);
      return {};
    case DataType::kUint8:
      return AppendNumbers<std::uint8_t>(body, tensor, begin, end, not_a_number);
    case DataType::kUint16:
      return AppendNumbers<std::uint16_t>(body, tensor, begin, end, not_a_number);
    case DataType::kUint32:
      return AppendNumbers<std::uint32_t>(body, tensor, begin, end, not_a_number);
    case DataType::kUint64:
      return AppendNumbers<std::uint64_t>(body, tensor, begin, end, not_a_number);
    case DataType::kInt8:
      return AppendNumbers<std::int8_t>(body, tensor, begin, end, not_a_number);
    case DataType::kInt16:
      return AppendNumbers<std::int16_t>(body, tensor, begin, end, not_a_number);
    case DataType::kInt32:
      return AppendNumbers<std::int32_t>(body, tensor, begin, end, not_a_number);
    case DataType::kInt64:
      return AppendNumbers<std::int64_t>(body, tensor, begin, end, not_a_number);
    case DataType::kFp32:
      return AppendNumbers<float>(body, tensor, begin, end, not_a_number);
    case DataType::kFp64:
      return AppendNumbers<double>(body, tensor, begin, end, not_a_number);
    case DataType::kBytes:
      return AppendTexts(body, tensor, begin, end);
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return Invalid(fmt::format("{} has no JSON form", NameOf(tensor.type)));
}

Result<std::size_t> WriteInfer(const InferRequest& request, const ModelVersion& version, std::span<const TensorView> outputs,
                               std::string& body) {
  const auto& infos = version.signature().outputs;
  body += R"({"model_name":)";
  AppendText(body, version.model());
  body += R"(,"model_version":)";
  AppendText(body, version.version());
  if (!request.id.empty()) {
    body += R"(,"id":)";
    AppendText(body, request.id);
  }
  body += R"(,"outputs":[)";
  bool binary = false;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& choice = request.outputs[i];
    if (i != 0) body += ',';
    EDGEWISE_TRY(AppendOutput(body, infos[choice.index], outputs[i], choice.binary, version.not_a_number()));
    binary |= choice.binary;
  }
  body += "]}";
  if (!binary) return 0;
  const std::size_t length = body.size();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (request.outputs[i].binary) AppendBinaryTensor(body, outputs[i]);
  }
  return length;
}

}  // namespace edgewise::score::detail
