#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "challenge_child.h"
#include "commands.h"
#include "configuration_check.h"
#include "deploy/inline_target.h"
#include "deploy/process_target.h"
#include "example.h"
#include "hub_station.h"
#include "registry/http_image_store.h"
#include "registry/transfer.h"
#include "registry_station.h"
#include "schedule.h"
#include "site/site.h"
#include "site_key.h"
#include "state_lock.h"
#include "store_choice.h"

namespace edgewise {
namespace {

/// How a site reaches its hub over HTTP; the two calls come from one thread.
site::HubLink LinkTo(const std::string& hub, const std::string& site) {
  const auto client = std::make_shared<net::HttpClient>(net::Address{hub});  // lives as long as the two calls
  site::HubLink link;
  link.desired = [client, site](Deadline deadline) -> Result<std::optional<deploy::DesiredState>> {
    EDGEWISE_ASSIGN(const auto answer,
                    client->Send({.method = "GET", .target = "/api/sites/" + site + "/desired", .headers = {}, .body = {}}, deadline));
    if (answer.status == 404) return std::nullopt;
    if (answer.status != 200) return Fail(net::CodeOf(answer.status), "the hub does not say what is desired");
    EDGEWISE_ASSIGN(auto desired, deploy::DesiredFromJson(answer.body));
    return desired;
  };
  link.report = [client, site](const std::string& status, Deadline deadline) -> Result<void> {
    EDGEWISE_ASSIGN(const auto answer,
                    client->Send({.method = "POST", .target = "/api/sites/" + site + "/status", .headers = {}, .body = status}, deadline));
    return answer.status < 300 ? Result<void>() : Fail(net::CodeOf(answer.status), "the hub did not take the status");
  };
  return link;
}

/// Hub, registry and sites in one process, built top to bottom, gone in reverse.
class Up {
 public:
  explicit Up(Configuration configuration) : configuration_(std::move(configuration)) {}
  Result<void> Start();
  void Print(bool json) const;
  /// Indexes what the sites store until a signal comes.
  void Run(const StopSignals& signals) { hub_->IndexUntil(signals); }

 private:
  Result<void> StartHub();
  Result<void> StartSchedule(const std::string& zone);
  Result<void> StartSite(const Example& shared, const SiteAddress& address);

  Configuration configuration_;
  std::optional<StateLock> lock_;
  Metrics metrics_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<RegistryStation> registry_;
  std::unique_ptr<HubStation> hub_;
  std::vector<std::unique_ptr<deploy::Target>> targets_;
  std::vector<std::unique_ptr<site::Site>> sites_;
  std::optional<Schedule> schedule_;
  std::jthread improving_;
};

Result<void> Up::StartHub() {
  HubStation::Options options{.state = configuration_.state, .address = configuration_.hub, .sites = {}, .pages = configuration_.pages};
  for (const auto& site : configuration_.sites) options.sites.push_back(site.name);
  EDGEWISE_ASSIGN(hub_, HubStation::Start(options, *store_, metrics_));
  return {};
}

Result<void> Up::StartSite(const Example& shared, const SiteAddress& address) {
  const auto folder = configuration_.state / "sites" / address.name;
  EDGEWISE_TRY(SystemFiles().MakeDirs(folder / "sockets"));
  EDGEWISE_ASSIGN(const auto key, SiteKey(folder / "pseudonyms.key"));
  site::Site::Options options;
  options.name = address.name;
  options.epoch = address.epoch;
  options.folder = folder;
  options.addresses = {{address.address}};
  options.rules = shared.rules;
  options.program = shared.program;
  options.tables = shared.tables;
  EDGEWISE_ASSIGN(options.policy, relay::Policy::FromToml(shared.policy, configuration_.policy.string(), key));
  options.replay = configuration_.replay;
  if (options.replay) options.poll = std::chrono::milliseconds(100);                                   // a replay waits for each step
  const auto images = std::make_shared<registry::HttpImageStore>(net::Address{registry_->address()});  // lives with `pull`
  options.pull = [images](const std::string& repository, const Digest& digest) -> Result<std::vector<package::File>> {
    EDGEWISE_ASSIGN(const auto image,
                    registry::PullImage(*images, repository, digest.ToString(), Deadline::After(std::chrono::minutes(2))));
    return package::ReadImage(image);
  };
  options.hub = LinkTo(hub_->address(), address.name);
  options.inputs = address.inputs;
  options.durability = address.durability;
  options.queue_bytes = address.queue_mib << 20U;
  options.when_full = address.when_full;
  if (configuration_.target == "inline") {
    targets_.push_back(std::make_unique<deploy::InlineTarget>());
  } else {
    deploy::ProcessTarget::Options scorer;
    scorer.program = "/proc/self/exe";
    scorer.socket_folder = folder / "sockets";
    targets_.push_back(std::make_unique<deploy::ProcessTarget>(std::move(scorer)));
  }
  EDGEWISE_ASSIGN(auto site, site::Site::Open(std::move(options), *store_, *targets_.back(), SystemFiles(), metrics_));
  sites_.push_back(std::move(site));
  return {};
}

/// What can be wrong with files is found before anything is written.
Result<void> Up::Start() {
  EDGEWISE_TRY(CheckAddresses(configuration_));
  EDGEWISE_ASSIGN(const auto shared, ReadExample(SystemFiles(), configuration_));
  EDGEWISE_ASSIGN([[maybe_unused]] const auto policy, CheckPolicy(shared, configuration_));
  EDGEWISE_ASSIGN(store_, OpenStore(configuration_.store));
  EDGEWISE_ASSIGN(lock_, StateLock::Take(configuration_.state));
  EDGEWISE_ASSIGN(registry_, RegistryStation::Start(configuration_.state / "registry", configuration_.registry));
  EDGEWISE_TRY(StartHub());
  for (const auto& address : configuration_.sites) EDGEWISE_TRY(StartSite(shared, address));
  return StartSchedule(shared.program.zone().name());
}

Result<void> Up::StartSchedule(const std::string& zone) {
  ImprovePlan never;
  never.first = "9999-01-01";
  const auto registry = registry_->address();
  Schedule::Options options{.plan = configuration_.improve.value_or(never),
                            .folder = configuration_.state / "hub" / "challenges",
                            .zone = zone,
                            .challenge = ChallengeInChild(configuration_),
                            .publish = PublishTo(registry, configuration_.improve.value_or(never).model)};
  EDGEWISE_ASSIGN(auto schedule, Schedule::Make(std::move(options), hub_->fleet(), hub_->timeline()));
  schedule_.emplace(std::move(schedule));
  improving_ = std::jthread([this](const std::stop_token& stop) { schedule_->Run(stop); });
  return {};
}

void Up::Print(bool json) const {
  if (json) {
    nlohmann::ordered_json out{{"hub", hub_->address()}, {"registry", registry_->address()}, {"sites", nlohmann::json::object()}};
    for (std::size_t i = 0; i < sites_.size(); ++i) out["sites"][configuration_.sites[i].name] = sites_[i]->addresses().at(0);
    for (std::size_t i = 0; i < sites_.size(); ++i)
      for (const auto& [name, at] : sites_[i]->tap_addresses()) out["taps"][configuration_.sites[i].name][name] = at;
    fmt::print("{}\n", out.dump());
  } else {
    fmt::print("hub       http://{}/\nregistry  http://{}/v2/\n", hub_->address(), registry_->address());
    for (std::size_t i = 0; i < sites_.size(); ++i) {
      fmt::print("site {:<4} http://{}/\n", configuration_.sites[i].name, sites_[i]->addresses().at(0));
      for (const auto& [name, at] : sites_[i]->tap_addresses()) fmt::print("  tap {:<4} http://{}/\n", name, at);
    }
    fmt::print("Ctrl-C stops.\n");
  }
  std::fflush(stdout);
}

}  // namespace

void AddUpCommand(CLI::App& program, int& exit_code) {
  auto* up = program.add_subcommand("up", "run hub, registry and sites on this machine");
  up->footer("Example:\n  edgewise up -c examples/flights/edgewise.toml");
  struct Choice {
    std::string file;
    bool json = false;
  };
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  up->add_option("-c,--config", choice->file, "what to run")->required();
  up->add_flag("--json", choice->json, "print the addresses as JSON");
  up->callback([choice, &exit_code] {
    auto configuration = ReadConfiguration(choice->file);
    if (!configuration) {
      exit_code = ExitCode(configuration.error());
      return;
    }
    const StopSignals signals;
    Up running(*std::move(configuration));
    if (const auto started = running.Start(); !started) {
      exit_code = ExitCode(started.error());
      return;
    }
    running.Print(choice->json);
    running.Run(signals);
  });
}

}  // namespace edgewise
