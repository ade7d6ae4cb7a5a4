#pragma once

#include <toml++/toml.h>

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/option.h"
#include "base/result.h"

namespace edgewise {

/// Reads the tables of one TOML file, whose keys are declared as options, and keeps the first mistake: kInvalidArgument with file, line,
/// key and what it must be. So whoever reads asks for everything and looks at error() once, at the end; what was wrong reads as empty or as
/// its default. Threads: one. It is for files that people write: the tables themselves are toml++'s.
class TomlReader {
 public:
  /// Errors: kInvalidArgument (no TOML: file, line).
  static Result<toml::table> Parse(std::string_view text, const std::string& file);

  TomlReader(std::string file, std::span<const Option> options) : file_(std::move(file)), options_(options) {}

  /// Refuses keys that no option of this section declares.
  void Only(const toml::table& table, std::string_view section);
  std::string Text(const toml::table& table, std::string_view key);                ///< Not empty.
  std::vector<std::string> Texts(const toml::table& table, std::string_view key);  ///< Each of them not empty; maybe none.
  const toml::table& Table(const toml::table& table, std::string_view key);

  /// What a number must be; its option prints the same as its range.
  struct Range {
    double above = -std::numeric_limits<double>::infinity();
    double least = std::numeric_limits<double>::lowest();
    double most = std::numeric_limits<double>::max();
  };
  double NumberOr(const toml::table& table, std::string_view key, double otherwise, const Range& range);

  void Wrong(const toml::table& table, std::string_view key, std::string_view what);
  void Wrong(const toml::source_region& where, const std::string& what);
  const std::optional<Error>& error() const { return error_; }

 private:
  std::string file_;
  std::span<const Option> options_;
  std::optional<Error> error_;
};

}  // namespace edgewise
