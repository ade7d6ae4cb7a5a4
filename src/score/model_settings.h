#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/option.h"
#include "base/result.h"
#include "score/model_version.h"

namespace edgewise::score {

/// How one model is served: the file serving.toml beside its versions (docs/formats/repository.md). Without the file: the defaults.
struct ModelSettings {
  enum class Served { kLatest, kAll, kListed };
  enum class Where { kMeasured, kInputThread, kWorkers };

  Served served = Served::kLatest;
  std::vector<std::uint64_t> listed = {};  ///< Of kListed.
  std::map<std::string, std::uint64_t, std::less<>> labels = {};
  std::map<std::uint64_t, double> weights = {};  ///< Requests that name no version are shared out so; empty: none are.
  std::optional<std::uint64_t> shadow = std::nullopt;
  std::string image = {};  ///< Fetched instead of a file: "host:port/repository@sha256:...".
  Where where = Where::kMeasured;
  std::size_t join_rows = 0;  ///< Requests are joined up to so many rows; 0: as measured.
  std::size_t max_rows = 0;   ///< Of one request; 0: the repository's.
  NotANumber not_a_number = NotANumber::kNull;
};

/// Every key of serving.toml; SettingsFromToml() refuses all others.
std::span<const Option> ModelOptions();
/// Errors: kInvalidArgument (file, line, key, and what it must be).
Result<ModelSettings> SettingsFromToml(std::string_view text, const std::string& file);
/// A positive integer without leading zero or sign, as a version's folder is called.
std::optional<std::uint64_t> VersionNumber(std::string_view text);

}  // namespace edgewise::score
