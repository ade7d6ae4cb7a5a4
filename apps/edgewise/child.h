#pragma once

#include <sys/types.h>

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace edgewise {

/// A program of its own that this one started. It is stopped (SIGTERM, then SIGKILL) and waited for when this object goes. If it is this
/// program again and we are killed with no time to stop it, it gets SIGTERM from the kernel (EndWithParent()): start it from a thread that
/// lives as long as it shall.
class Child {
 public:
  struct Options {
    std::vector<std::string> command;      ///< Program and arguments; no shell between.
    std::vector<std::string> environment;  ///< "NAME=value", beside our own.
    std::filesystem::path log;             ///< Where its standard error goes; "" = ours.
  };
  /// Standard output comes back through ReadLine() and ReadAll(). Errors: kNotFound (no such program), kUnavailable.
  static Result<Child> Start(const Options& options);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  pid_t pid() const { return pid_; }
  /// The next line it prints, without the newline. Errors: kUnavailable (it ended, or closed its output).
  Result<std::string> ReadLine();
  /// All it prints until it closes its output.
  std::string ReadAll();
  /// Waits for its end and answers its exit code; 128 + signal if one ended it.
  int Wait();
  /// Asks it to stop, kills it after `patience`.
  void Stop(Deadline patience = Deadline::After(std::chrono::seconds(20)));

 private:
  Child(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_ = -1;
  int output_ = -1;
};

/// Runs a program to its end and answers what it printed. A stop request ends it with SIGTERM.
/// Errors: kInternal (its exit code is in none of `good`: names the command and shows the last lines of its log), kUnavailable (stopped).
Result<std::string> RunProgram(const Child::Options& options, const std::vector<int>& good = {0}, const std::stop_token& stop = {});

/// Called first in main(): when another instance of this program started us, its end, whatever it is, is ours too.
void EndWithParent();

/// This very program, for children of it.
std::filesystem::path OwnProgram();

}  // namespace edgewise
