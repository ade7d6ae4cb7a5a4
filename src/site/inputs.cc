#include "site/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/log.h"
#include "site/folder_watch.h"
#include "site/topic_input.h"

namespace edgewise::site {
namespace {

constexpr std::chrono::milliseconds kFirstBackoff{100};

void Pause(std::chrono::milliseconds pause, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, pause, [] { return false; });
}

/// Steps an input until its end. What keeps it from going on is said once, and shown by a gauge as long as it does; pauses then grow.
struct Stepping {
  std::string who;
  prometheus::Gauge& stuck;
  std::chrono::milliseconds pause;    // when there is nothing to do
  std::chrono::milliseconds longest;  // when it cannot go on

  void Run(const std::function<Result<bool>(const std::stop_token&)>& step, const std::stop_token& stop) const {
    std::string trouble;
    auto backoff = kFirstBackoff;
    while (!stop.stop_requested()) {
      const auto did = step(stop);
      stuck.Set(did ? 0 : 1);
      auto now = did || stop.stop_requested() ? std::string() : did.error().message;
      if (!now.empty() && now != trouble) log::Warn("{}: {}", who, now);
      trouble = std::move(now);
      backoff = did ? kFirstBackoff : std::min(backoff * 2, longest);
      if (!did || !*did) Pause(did ? pause : backoff, stop);
    }
  }
};

/// What a row must look like. Errors: kInvalidArgument.
Result<feature::StreamSpec> SpecOf(const InputTarget& to, const feature::Program& program) {
  if (to.kind == InputTarget::Kind::kScore) return program.request();
  if (const auto* stream = program.stream(to.name)) return *stream;
  return Fail(Code::kInvalidArgument, fmt::format("records/{}: no such stream is declared", to.name));
}

}  // namespace

Result<void> Inputs::StartFolder(const FolderOptions& options, const Parts& parts) {
  EDGEWISE_ASSIGN(auto spec, SpecOf(options.to, parts.program));
  EDGEWISE_ASSIGN(auto watch, FolderWatch::Open({.options = options,
                                                 .site = parts.site,
                                                 .ledger = parts.folder / fmt::format("folder-{}.jsonl", options.name),
                                                 .spec = std::move(spec),
                                                 .ask = parts.ask,
                                                 .files = parts.files,
                                                 .metrics = parts.metrics,
                                                 .clock = parts.clock}));
  const Stepping stepping{
      .who = fmt::format("site {}: folder {}", parts.site, options.name),
      .stuck = parts.metrics.Gauge("edgewise_folder_stuck", "1 while a folder's files cannot be read or its rows not be taken.",
                                   {{"site", parts.site}, {"folder", options.name}}),
      .pause = options.poll,
      .longest = std::chrono::seconds(5)};
  threads_.emplace_back([watch = std::move(watch), stepping](const std::stop_token& stop) {
    stepping.Run([&watch](const std::stop_token& asked) { return watch->Step(asked); }, stop);
  });
  return {};
}

Result<void> Inputs::StartTopic(const TopicOptions& options, const Parts& parts) {
  if (!library_) library_.emplace();
  EDGEWISE_TRY(SpecOf(options.to, parts.program));
  EDGEWISE_ASSIGN(auto input, TopicInput::Open({.options = options,
                                                .site = parts.site,
                                                .secret = parts.folder / fmt::format("topic-{}.secret", options.name),
                                                .ask = parts.ask,
                                                .files = parts.files,
                                                .metrics = parts.metrics}));
  const Stepping stepping{.who = fmt::format("site {}: topic {}", parts.site, options.name),
                          .stuck = parts.metrics.Gauge("edgewise_topic_stuck", "1 while a topic's broker or the site cannot be reached.",
                                                       {{"site", parts.site}, {"topic", options.name}}),
                          .pause = std::chrono::milliseconds(0),
                          .longest = std::chrono::seconds(30)};
  threads_.emplace_back([input = std::move(input), stepping](const std::stop_token& stop) {
    stepping.Run([&input](const std::stop_token& asked) { return input->Step(asked); }, stop);
  });
  return {};
}

Result<std::unique_ptr<Inputs>> Inputs::Start(const Parts& parts) {
  auto inputs = std::make_unique<Inputs>();
  for (const auto& tap : parts.options.taps) {
    EDGEWISE_ASSIGN(auto started, Tap::Start(tap, parts.site, parts.ask, parts.metrics));
    inputs->tap_addresses_.emplace_back(tap.name, started->address());
    inputs->taps_.push_back(std::move(started));
  }
  for (const auto& folder : parts.options.folders) EDGEWISE_TRY(inputs->StartFolder(folder, parts));
  for (const auto& topic : parts.options.topics) EDGEWISE_TRY(inputs->StartTopic(topic, parts));
  return inputs;
}

}  // namespace edgewise::site
