#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "demo/traffic.h"
#include "net/http.h"

namespace edgewise::e2e {

/// The local applications of one site, as unmodified ones are: they say one thing after the other and wait for the answer; what was not
/// acknowledged they say again, the same bytes, until it is. Threads: one at a time.
class Application {
 public:
  struct Options {
    std::size_t site = 0;  ///< In the traffic.
    EventTime score_from;  ///< Flights scheduled from here on are scored.
    std::string address;
    std::function<void(std::uint64_t)> on_told;  ///< How many happenings were acknowledged just now.
  };
  /// Borrows the traffic.
  Application(const demo::Traffic& traffic, Options options) : traffic_(traffic), options_(std::move(options)) {}

  /// Tells everything before `until`. Errors: kInternal (the site refused something: its words), kDeadlineExceeded (nobody answers).
  Result<void> RunUntil(EventTime until);
  /// Says that all before `until` was said, and waits until it has left the site. It may be said again.
  Result<void> Settle(EventTime until);

  std::uint64_t repeated() const { return repeated_; }      ///< Requests that had to be said again.
  std::uint64_t recognized() const { return recognized_; }  ///< Of those, batches whose records the site had already.

 private:
  struct Batch {
    EventTime minute;
    std::string lines;
    std::uint64_t records = 0;
  };
  Result<void> Tell(const demo::Happening& happening, std::size_t place);
  Result<void> SendBatches();
  Result<std::string> Say(const std::string& target, const std::string& body);

  const demo::Traffic& traffic_;
  Options options_;
  std::optional<net::HttpClient> client_;
  std::size_t next_ = 0;
  std::array<Batch, 6> batches_;  // by kind
  std::uint64_t repeated_ = 0, recognized_ = 0;
};

}  // namespace edgewise::e2e
