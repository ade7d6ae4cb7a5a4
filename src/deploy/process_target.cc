#include "deploy/process_target.h"

#include <fmt/format.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <mutex>

#include "deploy/detail/child.h"
#include "deploy/inline_target.h"
#include "score/scorer_client.h"

namespace edgewise::deploy {
namespace {

class ScorerChild final : public Running {
 public:
  ScorerChild(std::unique_ptr<detail::Child> child, std::filesystem::path socket, std::unique_ptr<score::Engine> engine)
      : child_(std::move(child)), socket_(std::move(socket)), engine_(std::move(engine)) {}
  ~ScorerChild() override {
    engine_.reset();
    child_.reset();
    std::error_code ignored;
    std::filesystem::remove(socket_, ignored);
  }
  const score::Engine& engine() const override { return *engine_; }
  bool Alive() override {
    const std::lock_guard lock(mutex_);
    return child_->Alive();
  }
  void Kill() override {
    const std::lock_guard lock(mutex_);
    child_->Kill();
  }
  int pid() const override { return child_->pid(); }

 private:
  std::mutex mutex_;  // guards child_, which one thread at a time may ask
  std::unique_ptr<detail::Child> child_;
  std::filesystem::path socket_;
  std::unique_ptr<score::Engine> engine_;
};

/// "failed CODE message" is what a scorer says that knows why it cannot start.
Error ReasonOf(std::string_view line) {
  constexpr std::string_view kFailed = "failed ";
  if (!line.starts_with(kFailed)) return {Code::kInternal, "the scorer did not say that it is ready"};
  line.remove_prefix(kFailed.size());
  const auto space = line.find(' ');
  const auto name = line.substr(0, space);
  std::string message(space == std::string_view::npos ? line : line.substr(space + 1));
  constexpr std::array kKnown = {Code::kInvalidArgument, Code::kFailedPrecondition, Code::kResourceExhausted, Code::kUnavailable,
                                 Code::kDataLoss};
  for (const Code code : kKnown) {
    if (CodeName(code) == name) return {code, std::move(message)};
  }
  return {Code::kInvalidArgument, std::move(message)};
}

Result<std::unique_ptr<score::Engine>> AwaitReady(detail::Child& child, const std::filesystem::path& socket, const std::string& name,
                                                  Deadline deadline) {
  EDGEWISE_ASSIGN(const auto line, child.ReadLine(deadline));
  if (!line.starts_with("ready")) return std::unexpected(ReasonOf(line));
  EDGEWISE_ASSIGN(auto engine, score::ConnectScorer(socket, name, deadline));
  EDGEWISE_TRY(ScoreOneRow(*engine, deadline));
  return engine;
}

}  // namespace

Result<std::filesystem::path> ProcessTarget::NextSocket(const ModelOnDisk& model) {
  // Two versions run side by side during a swap, and one version twice after a crash: the counter keeps them apart.
  auto path = options_.socket_folder / fmt::format("{}-{}-{}.sock", model.digest.Short(), getpid(), ++started_);
  if (path.string().size() >= sizeof(sockaddr_un::sun_path)) {
    return Fail(Code::kInvalidArgument, fmt::format("{} is too long for a socket (at most {} bytes): choose a shorter folder",
                                                    path.string(), sizeof(sockaddr_un::sun_path) - 1));
  }
  return path;
}

Result<std::unique_ptr<Running>> ProcessTarget::Start(const ModelOnDisk& model, Deadline deadline) {
  EDGEWISE_ASSIGN(auto socket, NextSocket(model));
  auto arguments = options_.arguments;
  for (const auto& word : {std::string("--socket"), socket.string(), std::string("--model-dir"), model.directory.string(),
                           std::string("--name"), model.name, std::string("--lifeline")}) {
    arguments.push_back(word);
  }
  EDGEWISE_ASSIGN(auto child, detail::Child::Start({options_.program, std::move(arguments), options_.log, options_.patience}));
  auto engine = AwaitReady(*child, socket, model.name, deadline);
  if (!engine) {
    child->Kill();
    std::error_code ignored;
    std::filesystem::remove(socket, ignored);
    return Fail(engine.error().code, fmt::format("model \"{}\" {}: {}", model.name, model.digest.Short(), engine.error().message));
  }
  return std::make_unique<ScorerChild>(std::move(child), std::move(socket), std::move(*engine));
}

}  // namespace edgewise::deploy
