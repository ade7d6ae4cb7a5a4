#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "score/detail/watchdog.h"
#include "score/model_engine.h"

namespace edgewise::score::detail {

/// What a run of a model costs on one core, by rows: measured as CPU time of the thread, so that a busy machine does not count.
struct RunCost {
  std::chrono::nanoseconds first{0};    ///< A run of one row.
  std::chrono::nanoseconds further{0};  ///< Each row more in the same run.
  std::size_t good_rows = 1;  ///< Up to here each doubling of the rows made a row at least a tenth cheaper; 1 where rows depend on others.

  std::chrono::nanoseconds Of(std::size_t rows) const { return first + further * (rows == 0 ? 0 : rows - 1); }
};

struct WarmUpResult {
  std::optional<RunCost> cost;  ///< Nothing: the engine refused rows of zeros or did not end, which is no fault of the model.
  std::string refusal;          ///< Then why.
};

/// Runs the model on zeros (free axes 1; the first of them more rows, up to `max_rows` and to what pays) until its memory is touched and
/// its cost is known: a few milliseconds, or three runs of a slow model. What has not ended by `until` is stopped.
/// Errors: kInternal (no runner).
Result<WarmUpResult> WarmUp(const ModelEngine& engine, std::size_t max_rows, Watchdog& watchdog, Watchdog::Time until);

}  // namespace edgewise::score::detail
