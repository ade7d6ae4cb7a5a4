#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace edgewise::deploy::detail {

/// A child process with a lifeline: its standard input stays open as long as we live, whatever end we meet, and it stops when that
/// closes. Its first line of standard output is what it has to say about its start.
/// Lifecycle: the destructor closes the lifeline, sends SIGTERM, waits `patience`, then SIGKILL; the child is always waited for.
/// Threads: one at a time.
class Child {
 public:
  struct Options {
    std::filesystem::path program;
    std::vector<std::string> arguments;
    std::filesystem::path log;  ///< Standard error is appended here; empty: shared with ours.
    std::chrono::milliseconds patience = std::chrono::seconds(5);
  };
  /// Errors: kUnavailable (cannot be started: names program and reason).
  static Result<std::unique_ptr<Child>> Start(const Options& options);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Errors: kDeadlineExceeded, kUnavailable (it ended without a word).
  Result<std::string> ReadLine(Deadline deadline);
  bool Alive();
  int pid() const { return pid_; }
  void Kill();  ///< SIGKILL now; for one that is not worth waiting for.

 private:
  explicit Child(std::chrono::milliseconds patience) : patience_(patience) {}
  bool WaitFor(std::chrono::milliseconds wait);

  std::chrono::milliseconds patience_;
  int pid_ = 0;
  int process_ = -1;  // pidfd: readable once the child has ended
  int lifeline_ = -1;
  int output_ = -1;
  bool ended_ = false;
};

}  // namespace edgewise::deploy::detail
