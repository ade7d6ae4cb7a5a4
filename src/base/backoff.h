#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace edgewise {

/// How long to wait before what failed is tried again: each time about twice as long, up to `most`, and not the same for all who lost the
/// same server at the same moment (equal jitter: half of it is by chance). One thread at a time.
class Backoff {
 public:
  using Duration = std::chrono::milliseconds;
  Backoff(Duration first, Duration most) : first_(first), most_(most), next_(first) {}

  Duration Next() {
    const auto whole = next_;
    next_ = std::min(2 * next_, most_);
    return std::uniform_int_distribution(whole.count() / 2, whole.count())(random_) * Duration(1);
  }
  void Reset() { next_ = first_; }

 private:
  Duration first_, most_, next_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace edgewise
