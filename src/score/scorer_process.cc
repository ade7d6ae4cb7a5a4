#include "score/scorer_process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log.h"
#include "score/detail/model_folder.h"

namespace edgewise::score {
namespace {

/// What serves, in the order of its making; it stops in the reverse order: the doors first.
struct Serving {
  std::unique_ptr<ModelRepository> models;
  std::unique_ptr<ScoreServer> http;
  std::unique_ptr<GrpcServer> grpc;
};

Result<std::unique_ptr<ModelRepository>> OpenModels(const ScorerProcess& process) {
  auto options = process.models;
  options.threads = process.server.http.threads * (process.grpc ? 2 : 1);
  if (process.repository.empty()) return ModelRepository::OpenOne(SystemFiles(), process.directory, process.name, std::move(options));
  return ModelRepository::Open(SystemFiles(), process.repository, std::move(options));
}

Result<Serving> Begin(const ScorerProcess& process) {
  Serving serving;
  EDGEWISE_ASSIGN(serving.models, OpenModels(process));
  for (const auto& entry : serving.models->Index()) {
    if (!entry.reason.empty()) log::Warn("{}", detail::EntryText(entry));
  }
  EDGEWISE_ASSIGN(serving.http, ScoreServer::Start(*serving.models, process.server));
  if (process.grpc) {
    EDGEWISE_ASSIGN(serving.grpc, GrpcServer::Start(*serving.models, GrpcOptionsOf(process)));
  }
  return serving;
}

std::string ReadyLine(const Serving& serving, bool json) {
  const auto& http = serving.http->addresses();
  const auto models = detail::CountServed(serving.models->Index());
  if (json) {
    nlohmann::ordered_json ready = {{"http", http}};
    if (serving.grpc) ready["grpc"] = serving.grpc->address();
    if (const auto metrics = serving.http->metrics_addresses(); !metrics.empty()) ready["metrics"] = metrics;
    ready["models"] = models;
    return nlohmann::ordered_json{{"ready", ready}}.dump();
  }
  auto line = fmt::format("ready http={}", fmt::join(http, ","));
  if (serving.grpc) line += " grpc=" + serving.grpc->address();
  if (const auto metrics = serving.http->metrics_addresses(); !metrics.empty()) line += fmt::format(" metrics={}", fmt::join(metrics, ","));
  return fmt::format("{} models={}", line, models);
}

void Say(const std::string& line) {
  std::fputs((line + '\n').c_str(), stdout);
  std::fflush(stdout);
}

/// Until a signal is there to be read, or the lifeline has ended.
void Wait(int signals, bool lifeline) {
  std::array<pollfd, 2> watched = {{{signals, POLLIN, 0}, {lifeline ? STDIN_FILENO : -1, POLLIN, 0}}};
  while (true) {
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if (watched[0].revents != 0) return;
    std::array<char, 64> ignored{};
    if (watched[1].revents != 0 && read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return;
  }
}

/// What runs and waits may go on for most of the time that the doors wait for it; then it is stopped, so that it is still answered.
void Close(Serving& serving, std::chrono::milliseconds drain) {
  std::promise<void> closed;
  const std::jthread last_call([&models = *serving.models, drain, waits = closed.get_future()] {
    if (waits.wait_for(drain * 4 / 5) == std::future_status::timeout) models.Stop();
  });
  serving.grpc.reset();
  serving.http.reset();
  closed.set_value();
}

/// As many descriptors as the system lets us have: once they have run out, gRPC 1.51 takes no new connection any more (grpc/grpc#20418).
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // refused, it stays as it was
}

}  // namespace

GrpcServer::Options GrpcOptionsOf(const ScorerProcess& process) {
  GrpcServer::Options options;
  options.address = *process.grpc;
  options.threads = options.first_thread = process.server.http.threads;
  options.score_limit = process.server.score_limit;
  options.limits = process.grpc_limits;
  options.limits.message_bytes = process.server.http.max_body;
  return options;
}

Result<void> RunScorer(const ScorerProcess& process) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  const int signals = signalfd(-1, &stop, SFD_CLOEXEC);
  if (signals < 0) return Fail(Code::kInternal, "signalfd failed");
  RaiseDescriptorLimit();
  auto serving = Begin(process);
  if (!serving) {
    Say(fmt::format("failed {} {}", CodeName(serving.error().code), serving.error().message));
    close(signals);
    return std::unexpected(std::move(serving.error()));
  }
  Say(ReadyLine(*serving, process.json));
  Wait(signals, process.lifeline);
  Close(*serving, process.server.http.drain);
  close(signals);
  return {};
}

}  // namespace edgewise::score
