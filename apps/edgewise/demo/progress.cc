#include "demo/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>

namespace edgewise::demo {

using std::chrono::seconds;

std::string TimeLeft(seconds left) {
  const auto count = left.count();
  if (count <= 0) return "almost done";
  if (count < 90) return fmt::format("about {} s left", (count + 4) / 5 * 5);
  return fmt::format("about {} min left", (count + 59) / 60);
}

Progress::Progress(Where where) : where_(where) {
  if (where_ != Where::kTerminal) return;
  ticker_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex sleep;
    std::condition_variable_any wake;
    std::unique_lock lock(sleep);
    while (!stop.stop_requested()) {
      {
        const std::lock_guard drawing(mutex_);
        Draw();
      }
      wake.wait_for(lock, stop, seconds(1), [] { return false; });
    }
  });
}

Progress::~Progress() {
  if (!ticker_.joinable()) return;
  ticker_.request_stop();
  ticker_.join();
  Clear();
}

void Progress::Clear() const { fmt::print(stderr, "\r\033[K"); }

void Progress::Draw() {
  if (where_ != Where::kTerminal) return;
  const auto now = Clock::now() - start_;
  Clear();
  fmt::print(stderr, "{:4.0f} %", 100 * share_);
  if (share_ > 0.05) {  // before, nobody can know
    const auto whole = std::chrono::duration<double>(took_) / share_;
    fmt::print(stderr, "  {}", TimeLeft(std::chrono::duration_cast<seconds>(whole - now)));
  }
  std::fflush(stderr);
}

void Progress::Say(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (where_ == Where::kTerminal) Clear();
  fmt::print(stderr, "{:4.0f} %  {}\n", 100 * share_, line);
  Draw();
}

void Progress::Reach(double share) {
  const std::lock_guard lock(mutex_);
  if (share <= share_) return;
  share_ = std::min(share, 1.0);
  took_ = Clock::now() - start_;
}

}  // namespace edgewise::demo
