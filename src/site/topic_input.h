#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/metrics.h"
#include "site/asking.h"
#include "site/input_options.h"
#include "site/mqtt_link.h"

namespace edgewise::site {

/// Asks the site about each message of a topic, publishes what was answered, and then acknowledges: contract in docs/formats/inputs.md.
/// A step function: Step() takes the messages that are there, waiting for the first as long as `patience`. After an error the connection is
/// gone and the next step opens a new one; the broker then gives again what was not acknowledged.
/// Errors of Open: as Files. Errors of Step(): as MqttLink and the site. Threads: one; not the site's HTTP thread.
class TopicInput {
 public:
  struct Parts {
    TopicOptions options;
    std::string site;
    std::filesystem::path secret;  ///< File with what makes messages' lineage ids; made if it is not there.
    Ask ask;
    Files& files;
    Metrics& metrics;
    std::chrono::milliseconds patience = std::chrono::seconds(5);
  };
  static Result<std::unique_ptr<TopicInput>> Open(Parts parts);

  /// True: messages were taken.
  Result<bool> Step(const std::stop_token& stop = {});

 private:
  explicit TopicInput(Parts parts) : parts_(std::move(parts)) {}
  Result<void> Connect(const std::stop_token& stop);
  Result<bool> Take(const std::stop_token& stop);
  Result<std::vector<net::HttpResponse>> AskAbout(const std::vector<MqttLink::Message>& messages, const std::stop_token& stop);
  std::optional<LineageId> NameOf(const MqttLink::Message& message) const;
  Result<void> PublishResults(const std::vector<MqttLink::Message>& messages, const std::vector<net::HttpResponse>& answers);
  void Count(const std::string& outcome);

  Parts parts_;
  std::string secret_;
  std::unique_ptr<MqttLink> in_, out_;
};

}  // namespace edgewise::site
