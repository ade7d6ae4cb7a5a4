#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace edgewise::demo {

/// "about 3 min left", "about 20 s left": no more exact than it is.
std::string TimeLeft(std::chrono::seconds left);

/// Tells a person on standard error how far a long run has come: lines with the percentage, and on a terminal below them one line that is
/// written anew each second, with the time that is left. Threads: any number of callers.
class Progress {
 public:
  enum class Where : std::uint8_t { kTerminal, kFile };
  explicit Progress(Where where);
  ~Progress();  ///< Takes the moving line away.

  /// A line that stays.
  void Say(const std::string& line);
  /// So much of the expected time is over, 0..1; it never goes back.
  void Reach(double share);

 private:
  using Clock = std::chrono::steady_clock;
  void Draw();
  void Clear() const;

  const Where where_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  double share_ = 0;
  Clock::duration took_{};  ///< Until `share_` was reached.
  std::jthread ticker_;     // last: it draws what is above
};

}  // namespace edgewise::demo
