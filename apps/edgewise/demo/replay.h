#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "demo/traffic.h"
#include "net/http.h"

namespace edgewise::demo {

/// How far one site's applications have come.
struct ReplayCounts {
  std::uint64_t records = 0;
  std::uint64_t scores = 0;
  std::uint64_t requests = 0;
};

/// The local applications of one site: they tell it the year in order, over one connection, and do not wait for each answer.
/// Records go as JSON lines, one request per stream and minute; a flight is scored from `score_from` on. An answer that is not 200 ends the
/// replay with that answer as the error. Threads: one at a time; counts() from any.
class SiteReplay {
 public:
  struct Options {
    net::Address address;
    std::size_t site = 0;  ///< In the traffic.
    EventTime score_from;  ///< Flights scheduled from here on.
    std::string model;     ///< POST /score/<model>
    std::size_t window = 256;
    std::stop_token stop = {};
  };
  /// Borrows the traffic.
  SiteReplay(const Traffic& traffic, Options options);

  /// Tells everything before `until`, then that this is so (POST /clock), and waits until all of it has left the site (POST /relay/flush).
  /// Errors: kUnavailable (site gone, or stopped), kInternal (the site refused something: its words).
  Result<void> RunUntil(EventTime until);
  ReplayCounts counts() const;

 private:
  struct Batch {
    EventTime minute;
    std::string lines;
    std::uint64_t records = 0;
  };
  Result<void> Tell(const Happening& happening, std::size_t place);
  Result<void> SendBatch(Batch& batch, Kind kind);
  Result<void> SendBatches();
  Result<void> Post(std::string target, std::string body);
  void Answered(const net::HttpResponse& answer);

  const Traffic& traffic_;
  Options options_;
  net::PipelinedClient client_;
  std::size_t next_ = 0;
  std::array<Batch, 6> batches_;  // by kind
  std::string line_;
  std::string refusal_;
  std::uint64_t taken_ = 0;  ///< Records that were new to the site, in its own words.
  std::atomic<std::uint64_t> records_{0}, scores_{0}, requests_{0};
};

}  // namespace edgewise::demo
