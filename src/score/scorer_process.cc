#include "score/scorer_process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

namespace edgewise::score {
namespace {

struct Serving {
  std::unique_ptr<ModelRepository> models;
  std::unique_ptr<ScoreServer> server;  // last: it borrows the models
};

Result<Serving> Begin(const ScorerProcess& process) {
  Serving serving;
  EDGEWISE_ASSIGN(serving.models, ModelRepository::OpenOne(SystemFiles(), process.directory, process.name, {}));
  EDGEWISE_ASSIGN(serving.server, ScoreServer::Start(*serving.models, {.addresses = process.addresses}));
  return serving;
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

}  // namespace

Result<void> RunScorer(const ScorerProcess& process) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  const int signals = signalfd(-1, &stop, SFD_CLOEXEC);
  if (signals < 0) return Fail(Code::kInternal, "signalfd failed");
  auto server = Begin(process);
  if (!server) {
    Say(fmt::format("failed {} {}", CodeName(server.error().code), server.error().message));
    close(signals);
    return std::unexpected(std::move(server.error()));
  }
  const auto& addresses = server->server->addresses();
  Say(process.json ? fmt::format(R"({{"ready":["{}"]}})", fmt::join(addresses, R"(",")"))
                   : fmt::format("ready {}", fmt::join(addresses, " ")));
  Wait(signals, process.lifeline);
  server->server.reset();
  server->models.reset();
  close(signals);
  return {};
}

}  // namespace edgewise::score
