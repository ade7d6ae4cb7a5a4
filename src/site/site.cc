#include "site/site.h"

#include <fmt/format.h>

#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "queue/sqlite_queue.h"
#include "site/api.h"
#include "site/carrier.h"
#include "site/core.h"
#include "site/errands.h"
#include "site/inputs.h"
#include "site/open_queue.h"
#include "site/queue_route.h"
#include "site/scrubber.h"
#include "site/serving.h"
#include "site/status.h"
#include "site/stepper.h"

namespace edgewise::site {
namespace {

using std::chrono::seconds;
constexpr seconds kTick{60};                // a live site's clock is journaled so often when nothing else moves it
constexpr std::uint64_t kShortRest = 2000;  // journal entries that are learned while everybody waits for the same moment

class RunningSite final : public Site, public SiteDoor {
 public:
  RunningSite(Options options, store::Store& store, deploy::Target& target, Files& files, Metrics& metrics)
      : options_(std::move(options)), store_(store), target_(target), files_(files), metrics_(metrics), counters_(metrics, options_.name) {}
  ~RunningSite() override {
    stopping_ = true;  // first the doors, then what works behind them, then what holds the data
    inputs_.reset();
    if (server_) server_->Stop();
    errands_.Close();  // the HTTP thread has ended and runs none
    ticker_.reset();
    deployer_.reset();
    carrier_.reset();
    serving_.reset();
    reconciler_.reset();
    core_.reset();
  }
  Result<void> Start();

  const std::vector<std::string>& addresses() const override { return server_->addresses(); }
  std::vector<std::pair<std::string, std::string>> tap_addresses() const override { return inputs_->tap_addresses(); }
  std::string StatusJson() const override;

  // SiteDoor, on the HTTP thread.
  const Options& options() const override { return options_; }
  Core& core() override { return *core_; }
  Metrics& metrics() override { return metrics_; }
  Counters& counters() override { return counters_; }
  const Served* FindModel(const std::string& name) override { return serving_->Find(name); }
  Result<void> Revive(const std::string& name, Deadline deadline) override { return reconciler_->Revive(name, deadline); }
  bool IsStarting(const std::string& name) override { return serving_->IsStarting(name); }
  void Flush(std::function<void(Result<void>)> done) override;
  void Counted() override;

 private:
  Result<void> OpenDeployment();
  Result<void> WarmUpAside(const Digest& model, const std::shared_ptr<const train::ModelCard>& card);
  void Asked(const Question& question, const net::Responder& respond);
  Result<void> OnHttpThread(const std::function<Result<void>()>& work);
  bool StepDeployment();
  bool Tick();

  Options options_;
  store::Store& store_;
  deploy::Target& target_;
  Files& files_;
  Metrics& metrics_;
  Counters counters_;
  std::unique_ptr<queue::SqliteQueue> queue_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<deploy::Reconciler> reconciler_;
  std::unique_ptr<Serving> serving_;

  mutable std::mutex mutex_;  // guards what the status shows
  MachineCounts counts_;
  std::size_t pending_ = 0;
  EventTime clock_;

  std::string offer_trouble_;  // deployment's thread
  std::atomic<bool> stopping_ = false;
  Errands errands_;                   // of the deployment's thread, for the HTTP thread
  std::unique_ptr<Carrier> carrier_;  // none without a policy
  std::unique_ptr<Stepper> deployer_;
  std::unique_ptr<Stepper> ticker_;
  std::optional<Scrubber> scrubber_;  // ticker's thread
  std::unique_ptr<net::HttpServer> control_, server_;
  std::unique_ptr<Inputs> inputs_;  // last: they ask by the server's thread
};

Result<void> RunningSite::Start() {
  EDGEWISE_TRY(files_.MakeDirs(options_.folder));
  EDGEWISE_ASSIGN(queue_, OpenQueue(options_, files_));
  EDGEWISE_ASSIGN(core_, Core::Open(options_, files_, *queue_));
  const auto renew = [this] { server_->Post([this] { core_->Snapshot(); }); };
  scrubber_.emplace(Scrubber::Parts{options_.name, *queue_, files_, options_.folder, renew, metrics_});
  Counted();
  if (options_.policy) {
    const relay::Options out{.site = options_.name, .epoch = options_.epoch, .folder = options_.folder / "relay"};
    auto relay = std::make_unique<relay::Relay>(out, *options_.policy, *queue_, store_, files_, metrics_);
    carrier_ = std::make_unique<Carrier>(Carrier::Parts{options_.name, *queue_, std::move(relay), [this] { return core_->settled(); },
                                                        options_.folder, options_.queue_bytes, options_.clock, metrics_});
  }
  EDGEWISE_TRY(OpenDeployment());
  auto router = std::make_shared<net::Router>();
  AddSiteRoutes(*router, *this);
  control_ = ServeQueue(options_.name, options_.folder / "site.sock", *queue_);
  EDGEWISE_ASSIGN(server_,
                  net::HttpServer::Start(options_.addresses,
                                         [router](auto request, auto respond) { (*router)(std::move(request), std::move(respond)); }, {}));
  deployer_ = std::make_unique<Stepper>(options_.poll, [this] { return StepDeployment(); });
  if (!options_.replay) ticker_ = std::make_unique<Stepper>(seconds(1), [this] { return Tick(); });
  const Ask ask = [this](Question question, net::Responder respond) {
    server_->Post([this, question = std::move(question), respond = std::move(respond)] { Asked(question, respond); });
  };
  EDGEWISE_ASSIGN(inputs_, Inputs::Start({.options = options_.inputs,
                                          .site = options_.name,
                                          .folder = options_.folder / "inputs",
                                          .program = options_.program,
                                          .ask = ask,
                                          .files = files_,
                                          .metrics = metrics_,
                                          .clock = options_.clock}));
  return {};
}

/// On the HTTP thread, which a question of an input must end as little as a request: the exception's words may hold its data.
void RunningSite::Asked(const Question& question, const net::Responder& respond) {
  try {
    AnswerQuestion(*this, question, respond);
  } catch (const std::exception& exception) {
    log::Failed("site {}: an input's question threw {}", options_.name, typeid(exception).name());
    respond(net::HttpResponse::FromError({Code::kInternal, "the site failed on this question; its log says more"}));
  }
}

Result<void> RunningSite::OpenDeployment() {
  deploy::Reconciler::Options options{
      .folder = options_.folder / "deploy", .policy = options_.policy ? options_.policy->digest() : Digest(), .pull = options_.pull};
  options.before_swap = std::bind_front(&RunningSite::WarmUpAside, this);
  EDGEWISE_ASSIGN(reconciler_, deploy::Reconciler::Open(std::move(options), target_, files_));
  serving_ = std::make_unique<Serving>(options_.name, *reconciler_, *core_);
  return {};
}

Result<void> RunningSite::OnHttpThread(const std::function<Result<void>()>& work) {
  return errands_.Run([this](std::function<void()> errand) { server_->Post(std::move(errand)); }, work);
}

/// On the deployment's thread: the HTTP thread is asked at the beginning and at the end alone, and scores go on being answered.
Result<void> RunningSite::WarmUpAside(const Digest& model, const std::shared_ptr<const train::ModelCard>& card) {
  core_->Know(model, card);
  EDGEWISE_ASSIGN(const auto program, feature::Program::FromJson(card->program));
  EDGEWISE_TRY(feature::CheckTables(program, options_.tables));  // else the model would score without what it learned from
  std::unique_ptr<WarmUp> warm_up;
  EDGEWISE_TRY(OnHttpThread([&]() -> Result<void> {
    EDGEWISE_ASSIGN(warm_up, core_->BeginWarmUp(program));
    return {};
  }));
  if (!warm_up) return {};
  const auto stop = [this] { return stopping_.load(); };
  for (auto left = kShortRest; left >= kShortRest;) {
    EDGEWISE_ASSIGN(left, warm_up->CatchUp(stop));
  }
  EDGEWISE_TRY(OnHttpThread([this] { return core_->Listen(); }));
  EDGEWISE_TRY(warm_up->CatchUp(stop));
  return OnHttpThread([&] { return core_->Adopt(std::move(*warm_up)); });
}

void RunningSite::Counted() {
  const std::lock_guard lock(mutex_);
  counts_ = core_->machine().counts();
  pending_ = core_->machine().pending();
  clock_ = core_->machine().now();
  counters_.Show(counts_, pending_, core_->backlog());
}

void RunningSite::Flush(std::function<void(Result<void>)> done) {
  if (!carrier_) return done(Fail(Code::kFailedPrecondition, "this site has no policy file, so nothing leaves it"));
  if (auto drained = core_->Drain(Deadline::After(seconds(60))); !drained) return done(std::move(drained));
  core_->Snapshot();
  carrier_->Flush(std::move(done));
}

bool RunningSite::StepDeployment() {
  const auto deadline = Deadline::After(seconds(10));
  if (options_.hub.desired) {
    if (const auto desired = options_.hub.desired(deadline); desired && *desired) {
      if (const auto known = reconciler_->desired(); !known || known->number < (*desired)->number) {
        const auto offered = reconciler_->Offer(**desired);
        auto trouble = offered ? std::string() : offered.error().message;
        if (!trouble.empty() && trouble != offer_trouble_) log::Warn("site {}: {}", options_.name, trouble);
        offer_trouble_ = std::move(trouble);  // the hub says it again and again; the log need not
      }
    }
  }
  while (!stopping_ && reconciler_->Step(Deadline::After(seconds(60))).value_or(false)) {
  }
  server_->Post([this] { serving_->Refresh(); });  // or a scorer that was replaced would live on until the next request
  if (options_.hub.report) (void)options_.hub.report(StatusJson(), deadline);  // said again at the next step
  return false;
}

/// A live site's time passes without data too: hours close, labels are given up, a standstill is noticed.
bool RunningSite::Tick() {
  scrubber_->Step(std::chrono::steady_clock::now());
  server_->Post([this] {
    const auto now = options_.clock->EventNow();
    if (now - core_->machine().now() < kTick || !core_->RecoverIfBroken()) return;
    core_->Take(WatermarkEntry{now}, [](const Result<void>&) {});  // a disk that fails says so to the next request
    Counted();
  });
  return false;
}

std::string RunningSite::StatusJson() const {
  Status status;
  status.site = options_.name;
  status.epoch = options_.epoch;
  status.deployed = reconciler_->status();
  if (auto depths = queue_->Depths()) status.queue = *std::move(depths);
  if (carrier_) {
    status.relay = carrier_->Status();
    status.drained = carrier_->drained();
    status.figures = carrier_->figures();
  }
  if (options_.policy) status.policy = options_.policy->digest();
  const std::lock_guard lock(mutex_);
  status.clock = clock_;
  status.counts = counts_;
  status.pending = pending_;
  return ToJson(status);
}

}  // namespace

Result<std::unique_ptr<Site>> Site::Open(Options options, store::Store& store, deploy::Target& target, Files& files, Metrics& metrics) {
  auto site = std::make_unique<RunningSite>(std::move(options), store, target, files, metrics);
  EDGEWISE_TRY(site->Start());
  return std::unique_ptr<Site>(std::move(site));
}

}  // namespace edgewise::site
