#include "score/engine.h"

#include <fmt/format.h>

namespace edgewise::score {

Result<std::size_t> CountRows(const Engine& engine, std::size_t values) {
  if (values == 0) return Fail(Code::kInvalidArgument, "no rows to score");
  if (values % engine.width() != 0) {
    return Fail(Code::kInvalidArgument, fmt::format("{} values are not rows of {} features", values, engine.width()));
  }
  const std::size_t rows = values / engine.width();
  if (rows > engine.max_rows()) {
    return Fail(Code::kResourceExhausted, fmt::format("{} rows in one call, at most {}: send fewer", rows, engine.max_rows()));
  }
  return rows;
}

}  // namespace edgewise::score
