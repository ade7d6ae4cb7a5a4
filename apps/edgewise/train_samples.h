#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

#include "example.h"

namespace edgewise {

struct SamplesMade {
  std::uint64_t lines = 0;
  std::uint64_t samples = 0;
};

/// Runs one site's records and requests through the site's own machine and writes the labelled rows as sample events (JSON lines, zstd):
/// what improve::ReadHistory reads. Input: JSON lines in time order, `{"stream":"landing",...}` for a record, `{"score":"delay",...}` for a
/// request. Only labels known before `until` are written. Errors: as Files; kInvalidArgument (file, line, what was expected).
Result<SamplesMade> MakeSamples(const Example& example, const std::string& site, const std::filesystem::path& records, EventTime until,
                                const std::filesystem::path& out);

}  // namespace edgewise
