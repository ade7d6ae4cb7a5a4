#include "deploy/detail/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

extern char** environ;

namespace edgewise::deploy::detail {
namespace {

constexpr std::size_t kLongestLine = 4096;

int ToPollTimeout(std::chrono::steady_clock::duration left) {
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

bool Readable(int descriptor, std::chrono::steady_clock::duration wait) {
  pollfd watched{descriptor, POLLIN, 0};
  return poll(&watched, 1, ToPollTimeout(wait)) > 0;
}

/// What the child gets: our pipes as standard input and output, a log, and none of the signals that we block.
struct Plan {
  Plan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~Plan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  void Prepare(int input, int output, const std::filesystem::path& log) {
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!log.empty()) posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0640);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);  // our sockets are none of its business
    sigset_t none;
    sigemptyset(&none);
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
    // A group of its own: Ctrl-C in a terminal reaches us, and we end our children in order.
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

void CloseIfOpen(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

}  // namespace

Result<std::unique_ptr<Child>> Child::Start(const Options& options) {
  std::unique_ptr<Child> child(new Child(options.patience));  // the constructor is private
  std::array<int, 2> input{-1, -1};
  std::array<int, 2> output{-1, -1};
  // Close-on-exec: another child must not hold this one's lifeline open.
  if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0) {
    for (auto& descriptor : input) CloseIfOpen(descriptor);
    return Fail(Code::kResourceExhausted, "no file descriptors left for a child process");
  }
  child->lifeline_ = input[1];
  child->output_ = output[0];
  Plan plan;
  plan.Prepare(input[0], output[1], options.log);
  std::vector<std::string> words = {options.program.string()};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int failure = posix_spawn(&child->pid_, options.program.c_str(), &plan.actions, &plan.attributes, pointers.data(), environ);
  close(input[0]);
  close(output[1]);
  if (failure != 0) {
    child->pid_ = 0;
    return Fail(Code::kUnavailable, fmt::format("{} cannot be started: {}", options.program.string(), std::strerror(failure)));
  }
  child->process_ = static_cast<int>(syscall(SYS_pidfd_open, child->pid_, 0));
  return child;
}

Child::~Child() {
  CloseIfOpen(lifeline_);
  if (pid_ != 0 && Alive()) {
    kill(pid_, SIGTERM);
    if (!WaitFor(patience_)) Kill();
  }
  CloseIfOpen(output_);
  CloseIfOpen(process_);
}

bool Child::WaitFor(std::chrono::milliseconds wait) {
  if (process_ < 0 || !Readable(process_, wait)) return false;
  return !Alive();
}

bool Child::Alive() {
  if (ended_ || pid_ == 0) return false;
  int status = 0;
  ended_ = waitpid(pid_, &status, WNOHANG) != 0;  // its pid, or an error because somebody else has waited for it
  return !ended_;
}

void Child::Kill() {
  if (!Alive()) return;
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
}

Result<std::string> Child::ReadLine(Deadline deadline) {
  std::string line;
  while (line.size() < kLongestLine) {
    if (!Readable(output_, deadline.Left())) {
      if (!deadline.Expired()) continue;  // interrupted
      return Fail(Code::kDeadlineExceeded, "the process said nothing in time");
    }
    char c = 0;
    const auto size = read(output_, &c, 1);
    if (size == 0) return Fail(Code::kUnavailable, "the process ended before it was ready");
    if (size < 0) continue;
    if (c == '\n') return line;
    line += c;
  }
  return line;
}

}  // namespace edgewise::deploy::detail
