#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "feature/program.h"
#include "site/mqtt_link.h"
#include "site/tap.h"

namespace edgewise::site {

/// All inputs of a site (docs/formats/inputs.md). Each has its own thread and asks by `ask`.
/// Lifecycle: Start() when the site can be asked; gone before it stops. Errors: as Tap::Start and FolderLedger; kInvalidArgument (a stream
/// that is not declared).
class Inputs {
 public:
  struct Parts {
    const InputOptions& options;
    std::string site;
    std::filesystem::path folder;     ///< Of what they keep.
    const feature::Program& program;  ///< Declares request and streams.
    Ask ask;
    Files& files;
    Metrics& metrics;
    std::shared_ptr<const Clock> clock;  ///< Shared with the site.
  };
  static Result<std::unique_ptr<Inputs>> Start(const Parts& parts);
  /// Names and addresses of the taps, as bound.
  const std::vector<std::pair<std::string, std::string>>& tap_addresses() const { return tap_addresses_; }

 private:
  Result<void> StartFolder(const FolderOptions& options, const Parts& parts);
  Result<void> StartTopic(const TopicOptions& options, const Parts& parts);

  std::optional<MqttLibrary> library_;  // with the first topic
  std::vector<std::unique_ptr<Tap>> taps_;
  std::vector<std::pair<std::string, std::string>> tap_addresses_;
  std::vector<std::jthread> threads_;  // of folders and topics
};

}  // namespace edgewise::site
