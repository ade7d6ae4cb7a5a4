#include "child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "base/files.h"

namespace edgewise {
namespace {

constexpr const char* kParent = "EDGEWISE_PARENT";  // the process that started us, for EndWithParent()

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;  // the first of two equal names counts
  all.push_back(fmt::format("{}={}", kParent, getpid()));
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

std::string LastLines(const std::filesystem::path& log, std::size_t most) {
  if (log.empty()) return "";
  const auto text = SystemFiles().Read(log).value_or("");
  return text.size() <= most ? text : text.substr(text.size() - most);
}

}  // namespace

Result<Child> Child::Start(const Options& options) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Fail(Code::kUnavailable, fmt::format("no pipe: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  if (!options.log.empty()) {
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);  // a child that outlives us must not hold our ports
  posix_spawnattr_t attributes;                                           // a child that begins with blocked signals could not be stopped
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  auto command = options.command;
  auto environment = Environment(options.environment);
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, command.at(0).c_str(), &actions, &attributes, Pointers(command).data(), Pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error == 0) return Child(pid, ends[0]);
  close(ends[0]);
  return Fail(error == ENOENT ? Code::kNotFound : Code::kUnavailable, fmt::format("cannot start {}: {}", command[0], std::strerror(error)));
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), output_(std::exchange(other.output_, -1)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_, other.output_);
  return *this;
}

Child::~Child() {
  Stop();
  if (output_ >= 0) close(output_);
}

Result<std::string> Child::ReadLine() {
  std::string line;
  char c = 0;
  while (true) {
    const auto got = read(output_, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Fail(Code::kUnavailable, "the program ended without saying more");
    if (c == '\n') return line;
    line += c;
  }
}

std::string Child::ReadAll() {
  std::string all;
  char buffer[4096];
  while (true) {
    const auto got = read(output_, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return all;
    all.append(buffer, static_cast<std::size_t>(got));
  }
}

int Child::Wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void Child::Stop(Deadline patience) {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (patience.Expired()) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  pid_ = -1;
}

Result<std::string> RunProgram(const Child::Options& options, const std::vector<int>& good, const std::stop_token& stop) {
  if (stop.stop_requested()) return Fail(Code::kUnavailable, "stopped");
  EDGEWISE_ASSIGN(auto child, Child::Start(options));
  std::string printed;
  {
    const std::stop_callback end(stop, [pid = child.pid()] { kill(pid, SIGTERM); });
    printed = child.ReadAll();
  }
  const int code = child.Wait();
  if (stop.stop_requested()) return Fail(Code::kUnavailable, "stopped");
  for (const int each : good) {
    if (code == each) return printed;
  }
  return Fail(Code::kInternal,
              fmt::format("\"{}\" ended with code {}\n{}", fmt::join(options.command, " "), code, LastLines(options.log, 600)));
}

void EndWithParent() {
  const char* parent = std::getenv(kParent);
  if (parent == nullptr) return;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (std::to_string(getppid()) != parent) _exit(1);  // it ended before we could ask to be told
  unsetenv(kParent);                                  // our children have us
}

std::filesystem::path OwnProgram() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored);
}

}  // namespace edgewise
