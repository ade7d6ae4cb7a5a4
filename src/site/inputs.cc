#include "site/inputs.h"

namespace edgewise::site {

Result<std::unique_ptr<Inputs>> Inputs::Start(const InputOptions& options, const std::string& site, const Ask& ask, Metrics& metrics) {
  auto inputs = std::make_unique<Inputs>();
  for (const auto& tap : options.taps) {
    EDGEWISE_ASSIGN(auto started, Tap::Start(tap, site, ask, metrics));
    inputs->tap_addresses_.emplace_back(tap.name, started->address());
    inputs->taps_.push_back(std::move(started));
  }
  return inputs;
}

}  // namespace edgewise::site
