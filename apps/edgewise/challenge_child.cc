#include "challenge_child.h"

#include <fmt/format.h>
#include <signal.h>

#include "base/files.h"
#include "base/log.h"
#include "child.h"
#include "package/image.h"
#include "registry/http_image_store.h"
#include "registry/transfer.h"

namespace edgewise {
namespace {

constexpr int kAttempts = 3;  // for a challenge that is killed

std::vector<std::string> Command(const Configuration& configuration, const ChallengePlan& plan) {
  const auto& improve = *configuration.improve;
  std::vector<std::string> command = {OwnProgram(), "improve", "challenge"};
  const auto add = [&](const std::string& option, const std::string& value) { command.insert(command.end(), {option, value}); };
  add("--store", configuration.store);
  add("--champion", plan.champion);
  add("--until", plan.until);
  add("--select", plan.select);
  add("--name", improve.model);
  add("--version", plan.version);
  add("-o", plan.out);
  for (const auto& file : improve.history) add("--history", file);
  if (!improve.samples_after.empty()) add("--samples-after", improve.samples_after);
  if (plan.head_to_head) command.emplace_back("--head-to-head");
  return command;
}

/// Runs the challenge once and answers its exit code; 128 + signal if one ended it.
Result<int> RunOnce(const Configuration& configuration, const ChallengePlan& plan, const std::filesystem::path& log,
                    const std::stop_token& stop) {
  EDGEWISE_ASSIGN(auto child,
                  Child::Start({.command = Command(configuration, plan), .environment = {"OMP_WAIT_POLICY=passive"}, .log = log}));
  {
    const std::stop_callback end(stop, [pid = child.pid()] { kill(pid, SIGKILL); });
    child.ReadAll();
  }
  return child.Wait();
}

}  // namespace

std::function<Result<void>(const ChallengePlan&, const std::stop_token&)> ChallengeInChild(const Configuration& configuration) {
  return [configuration](const ChallengePlan& plan, const std::stop_token& stop) -> Result<void> {
    EDGEWISE_TRY(SystemFiles().MakeDirs(plan.out));
    const auto log = plan.out / "log";
    for (int attempt = 1;; ++attempt) {
      EDGEWISE_ASSIGN(const int code, RunOnce(configuration, plan, log, stop));
      if (code == 0 || code == 3) return {};
      const bool killed = code > 128;  // by the memory's guard, or a person: no reason to do without a model for a month
      if (!killed || attempt == kAttempts || stop.stop_requested())
        return Fail(Code::kInternal, fmt::format("the challenge ended with code {}; {} says why", code, log.string()));
      log::Warn("hub: challenge {} was ended by signal {}; once more", plan.version, code - 128);
    }
  };
}

std::function<Result<Digest>(const std::filesystem::path&, const std::string&)> PublishTo(const std::string& registry,
                                                                                          const std::string& model) {
  return [registry, model](const std::filesystem::path& folder, const std::string& version) -> Result<Digest> {
    std::vector<package::File> files;
    for (const auto* name : {"model.onnx", "model.json"}) {
      EDGEWISE_ASSIGN(auto bytes, SystemFiles().Read(folder / name));
      files.push_back({name, std::move(bytes)});
    }
    EDGEWISE_ASSIGN(const auto image, package::BuildImage(model, files, {}));
    registry::HttpImageStore images(net::Address{registry});
    EDGEWISE_TRY(registry::PushImage(images, model, image, version, Deadline::After(std::chrono::minutes(2))));
    return image.digest;
  };
}

}  // namespace edgewise
