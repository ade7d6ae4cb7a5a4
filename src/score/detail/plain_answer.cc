#include "score/detail/plain_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/lineage_id.h"
#include "score/detail/infer_writer.h"
#include "score/detail/numbers.h"

namespace edgewise::score::detail {
namespace {

bool IsFloat(const TensorInfo& info) { return info.type == DataType::kFp32 || info.type == DataType::kFp64; }
bool IsText(const TensorInfo& info) { return info.type == DataType::kBytes; }
bool HasJsonForm(const TensorInfo& info) { return info.type != DataType::kFp16 && info.type != DataType::kBf16; }
bool IsLabel(const TensorInfo& info) { return HasJsonForm(info) && !IsFloat(info) && info.type != DataType::kBool; }

Result<std::size_t> ElementsOfRow(const TensorView& tensor, std::size_t rows) {
  const std::size_t elements = ElementsOf(tensor);
  if (elements % rows != 0) {
    return Fail(Code::kInternal, fmt::format("the model gave {} values for {} rows; use /v2", elements, rows));
  }
  return elements / rows;
}

double ValueAt(const TensorView& tensor, std::size_t index) {
  if (tensor.type == DataType::kFp32) return static_cast<double>(reinterpret_cast<const float*>(tensor.bytes.data())[index]);
  return reinterpret_cast<const double*>(tensor.bytes.data())[index];
}

/// Whether a row's scores say anything: none is NaN, and the one that is shown of one or two is finite.
bool HasScore(const TensorView& scores, std::size_t row, std::size_t classes) {
  if (scores.type != DataType::kFp32 && scores.type != DataType::kFp64) return true;
  for (std::size_t i = row * classes; i < (row + 1) * classes; ++i) {
    if (std::isnan(ValueAt(scores, i))) return false;
  }
  return classes > 2 || std::isfinite(ValueAt(scores, (row + 1) * classes - 1));
}

/// The class with the largest score.
void AppendLargest(std::string& body, const TensorView& scores, std::size_t begin, std::size_t classes) {
  std::size_t largest = 0;
  for (std::size_t i = 1; i < classes; ++i) {
    if (ValueAt(scores, begin + i) > ValueAt(scores, begin + largest)) largest = i;
  }
  AppendNumber(body, largest);
}

Result<void> AppendScores(std::string& body, const TensorView& scores, std::size_t rows, std::size_t classes, NotANumber not_a_number) {
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t end = (row + 1) * classes;
    if (row != 0) body += ',';
    if (classes > 2) body += '[';
    EDGEWISE_TRY(AppendElements(body, scores, classes > 2 ? row * classes : end - 1, end, not_a_number));
    if (classes > 2) body += ']';
  }
  return {};
}

/// The labels of the second output, else the classes with the largest scores; null where there is no score to have one.
Result<void> AppendLabels(std::string& body, std::span<const TensorView> outputs, std::size_t rows, std::size_t classes,
                          NotANumber not_a_number) {
  const bool has_labels = outputs.size() > 1;
  const bool has_classes = classes > 1 && (outputs[0].type == DataType::kFp32 || outputs[0].type == DataType::kFp64);
  if (!has_labels && !has_classes) return {};
  std::size_t labels = 1;
  if (has_labels) {
    EDGEWISE_ASSIGN(labels, ElementsOfRow(outputs[1], rows));
    if (labels == 0) return {};
  }
  body += R"(],"labels":[)";
  for (std::size_t row = 0; row < rows; ++row) {
    if (row != 0) body += ',';
    if (!HasScore(outputs[0], row, classes)) {
      body += "null";
    } else if (has_labels) {
      EDGEWISE_TRY(AppendElements(body, outputs[1], row * labels, (row + 1) * labels, not_a_number));
    } else {
      AppendLargest(body, outputs[0], row * classes, classes);
    }
  }
  return {};
}

void AppendMilliseconds(std::string& body, std::string_view name, std::chrono::nanoseconds time) {
  body += name;
  AppendNumber(body, static_cast<double>(std::chrono::round<std::chrono::microseconds>(time).count()) / 1000);
}

/// The elements of one row, nested as the axes behind the first say.
Result<void> AppendNested(std::string& body, const TensorView& tensor, std::span<const std::int64_t> axes, std::size_t begin,
                          std::size_t count, NotANumber not_a_number) {
  if (axes.empty()) return AppendElements(body, tensor, begin, begin + count, not_a_number);
  const auto lists = static_cast<std::size_t>(axes[0]);
  body += '[';
  if (axes.size() == 1) {
    EDGEWISE_TRY(AppendElements(body, tensor, begin, begin + count, not_a_number));
  } else {
    for (std::size_t i = 0; i < lists; ++i) {
      if (i != 0) body += ',';
      EDGEWISE_TRY(AppendNested(body, tensor, axes.subspan(1), begin + i * (count / lists), count / lists, not_a_number));
    }
  }
  body += ']';
  return {};
}

}  // namespace

Result<void> ChoosePlainOutputs(const ModelVersion& version, InferRequest& request) {
  const auto& outputs = version.signature().outputs;
  auto scores = std::ranges::find_if(outputs, IsFloat);
  if (scores == outputs.end()) scores = std::ranges::find_if(outputs, [](const auto& info) { return HasJsonForm(info) && !IsText(info); });
  if (scores == outputs.end()) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("no output holds numbers to show as scores: use /v2/models/{}/infer", version.model()));
  }
  request.outputs = {{.index = static_cast<std::size_t>(scores - outputs.begin())}};
  const auto labels = std::ranges::find_if(outputs, IsLabel);
  if (labels != outputs.end() && labels != scores) request.outputs.push_back({.index = static_cast<std::size_t>(labels - outputs.begin())});
  return {};
}

Result<std::size_t> WritePlain(const Exchange& exchange, const StageTimes& times, std::span<const TensorView> outputs, std::string& body) {
  const auto begin = std::chrono::steady_clock::now();
  const auto& version = *exchange.choice.version;
  const std::size_t rows = exchange.request.rows;
  EDGEWISE_ASSIGN(const std::size_t classes, ElementsOfRow(outputs[0], rows));
  if (classes == 0) return Fail(Code::kInternal, "the model gave no scores");
  body += R"({"model":)";
  AppendText(body, version.model());
  body += R"(,"version":)";
  AppendText(body, version.title());
  body += R"(,"scores":[)";
  EDGEWISE_TRY(AppendScores(body, outputs[0], rows, classes, version.not_a_number()));
  EDGEWISE_TRY(AppendLabels(body, outputs, rows, classes, version.not_a_number()));
  body += R"(],"lineage":[)";
  for (std::size_t row = 0; row < rows; ++row) {
    if (row != 0) body += ',';
    body += '"';
    body += LineageId::Random().ToString();
    body += '"';
  }
  body += R"(],"milliseconds":{)";
  AppendMilliseconds(body, R"("parse":)", times.input);
  AppendMilliseconds(body, R"(,"queue":)", times.queue);
  AppendMilliseconds(body, R"(,"infer":)", times.infer);
  AppendMilliseconds(body, R"(,"write":)", times.output + (std::chrono::steady_clock::now() - begin));
  body += "}}";
  return 0;
}

Result<std::size_t> WritePredictions(const Exchange& exchange, const StageTimes&, std::span<const TensorView> outputs, std::string& body) {
  const auto& version = *exchange.choice.version;
  const std::size_t rows = exchange.request.rows;
  body += R"({"predictions":[)";
  for (std::size_t row = 0; row < rows; ++row) {
    body += row == 0 ? "" : ",";
    if (outputs.size() > 1) body += '{';
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto& output = outputs[i];
      EDGEWISE_ASSIGN(const std::size_t elements, ElementsOfRow(output, rows));
      if (outputs.size() > 1) {
        body += i == 0 ? "" : ",";
        AppendText(body, version.signature().outputs[exchange.request.outputs[i].index].name);
        body += ':';
      }
      const auto axes = output.shape.empty() ? output.shape : output.shape.subspan(1);
      EDGEWISE_TRY(AppendNested(body, output, axes, row * elements, elements, version.not_a_number()));
    }
    if (outputs.size() > 1) body += '}';
  }
  body += "]}";
  return 0;
}

}  // namespace edgewise::score::detail
