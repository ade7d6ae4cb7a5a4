#include <fmt/format.h>

#include "score/detail/json_tensor.h"
#include "score/detail/plain_filler.h"
#include "score/detail/plain_rows.h"

namespace edgewise::score::detail {
namespace {

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, std::move(message)); }

/// Lengths along the first element of each list; what is shaped otherwise is found when it is read.
Result<std::vector<std::int64_t>> ShapeOf(simdjson::dom::array list) {
  std::vector<std::int64_t> shape;
  while (true) {
    if (shape.size() == kMostAxes) return Invalid(fmt::format("\"instances\" nest deeper than {} axes", kMostAxes));
    shape.push_back(static_cast<std::int64_t>(list.size()));
    if (list.size() == 0) return shape;
    simdjson::dom::array inner;
    if (list.at(0).get(inner)) return shape;
    list = inner;
  }
}

Result<void> PutNested(const simdjson::dom::array& list, std::span<const std::int64_t> shape, TensorFiller& filler) {
  if (static_cast<std::int64_t>(list.size()) != shape[0])
    return Invalid("\"instances\" are nested unevenly: lists beside each other differ in length");
  for (const auto element : list) {
    simdjson::dom::array inner;
    const bool is_list = element.get(inner) == simdjson::SUCCESS;
    if (is_list != (shape.size() > 1)) return Invalid("\"instances\" are nested unevenly: lists and values stand beside each other");
    if (is_list) {
      EDGEWISE_TRY(PutNested(inner, shape.subspan(1), filler));
    } else if (element.is_object() || !filler.Put(CellOf(element))) {
      return Invalid(fmt::format("\"instances\" hold something else: {}", filler.Expectation()));
    }
  }
  return {};
}

}  // namespace

Result<void> FillFromNested(const simdjson::dom::array& rows, std::size_t bytes, const ModelVersion& version, InferRequest& request) {
  const auto& signature = version.signature();
  if (signature.inputs.size() != 1) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("there are several inputs that are no columns: use /v2/models/{}/infer", version.model()));
  }
  request.Clear(signature);
  EDGEWISE_ASSIGN(const auto shape, ShapeOf(rows));
  if (rows.size() == 0 || rows.size() > version.max_rows()) {
    return Invalid(fmt::format("{} instances in one request, expected 1 to {}", rows.size(), version.max_rows()));
  }
  const auto count = CountElements(shape, bytes);  // a value takes a character at least: more of them are not there
  if (!count || *count == 0) return Invalid("\"instances\" are nested unevenly, or hold no values");
  EDGEWISE_ASSIGN(auto filler, TensorFiller::Begin(version, 0, shape, *count, request));
  EDGEWISE_TRY(PutNested(rows, shape, filler));
  if (signature.batches) request.rows = rows.size();
  return {};
}

}  // namespace edgewise::score::detail
