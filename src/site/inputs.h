#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "site/tap.h"

namespace edgewise::site {

/// All inputs of a site (docs/formats/inputs.md). Each has its own thread and asks by `ask`.
/// Lifecycle: Start() when the site can be asked; gone before it stops. Errors: as Tap::Start.
class Inputs {
 public:
  static Result<std::unique_ptr<Inputs>> Start(const InputOptions& options, const std::string& site, const Ask& ask, Metrics& metrics);
  /// Names and addresses of the taps, as bound.
  const std::vector<std::pair<std::string, std::string>>& tap_addresses() const { return tap_addresses_; }

 private:
  std::vector<std::unique_ptr<Tap>> taps_;
  std::vector<std::pair<std::string, std::string>> tap_addresses_;
};

}  // namespace edgewise::site
