#include "site/inputs.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "site/folder_watch.h"

namespace edgewise::site {
namespace {

void Pause(std::chrono::milliseconds pause, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, pause, [] { return false; });
}

/// Steps a watch until its end. What keeps it from going on is said once, and shown by a gauge as long as it does.
void Run(FolderWatch& watch, const std::string& who, std::chrono::milliseconds pause, prometheus::Gauge& stuck,
         const std::stop_token& stop) {
  std::string trouble;
  while (!stop.stop_requested()) {
    const auto did = watch.Step(stop);
    stuck.Set(did ? 0 : 1);
    auto now = did || stop.stop_requested() ? std::string() : did.error().message;
    if (!now.empty() && now != trouble) log::Warn("{}: {}", who, now);
    trouble = std::move(now);
    if (!did || !*did) Pause(pause, stop);
  }
}

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
  auto& stuck = parts.metrics.Gauge("edgewise_folder_stuck", "1 while a folder's files cannot be read or its rows not be taken.",
                                    {{"site", parts.site}, {"folder", options.name}});
  threads_.emplace_back([watch = std::move(watch), who = fmt::format("site {}: folder {}", parts.site, options.name), pause = options.poll,
                         &stuck](const std::stop_token& stop) { Run(*watch, who, pause, stuck, stop); });
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
  return inputs;
}

}  // namespace edgewise::site
