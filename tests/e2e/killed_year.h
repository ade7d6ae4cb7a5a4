#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "application.h"
#include "demo/scientist.h"
#include "demo/started.h"
#include "demo/traffic.h"
#include "outcome.h"

namespace edgewise::e2e {

/// What is killed, and how often.
struct Kills {
  int up = 0;          ///< Hub, registry and sites, in the middle of the applications' requests.
  int scorers = 0;     ///< One scorer of a random site, likewise.
  int challenges = 0;  ///< The training child of the hub, after a random share of its work, in as many months.
  int months = 0;      ///< `up` while the hub improves the model, in as many months.
};
struct Killed {
  int up = 0, scorers = 0, challenges = 0, months = 0;
  std::uint64_t repeated = 0, recognized = 0;  ///< Requests said again; batches of them that the site had already.
};

/// A small simulated year, told to `edgewise up` by patient applications, with kill -9 at random points of it. Everything is decided by the
/// seed but for the moment within a request at which the kill comes. Threads: one, with one more for each site inside.
class KilledYear {
 public:
  struct Options {
    std::filesystem::path folder, program, example;
    int last_month = 5;  ///< In which the hub improves the model for the last time; it is told for four days more (December: to its end).
    Kills kills;
    std::uint64_t seed = 0;
  };
  KilledYear(const demo::Traffic& traffic, Options options);
  Result<Outcome> Tell();
  const Killed& killed() const { return killed_; }

 private:
  struct Blow {
    std::uint64_t at = 0;  ///< Happenings told.
    bool scorer = false;
  };
  Result<void> FixAddresses();
  Result<void> Restart();
  Result<void> KillUp();
  void KillScorer();
  void Plan();
  Result<void> TellUntil(EventTime until);
  Result<void> Month(int number, EventTime until);
  Result<void> WaitUntilSettled(EventTime moment);
  Result<bool> StrikeChallenge(EventTime moment);
  bool Settled(EventTime moment) const;
  Result<void> SettleAll(EventTime until);
  void Told(std::uint64_t happenings);

  const demo::Traffic& traffic_;
  Options options_;
  demo::Scientist scientist_;
  std::mt19937_64 random_;
  std::optional<demo::Started> up_;
  std::vector<std::unique_ptr<Application>> applications_;
  std::vector<Blow> blows_;  ///< By their time, the next one last.
  Killed killed_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::uint64_t told_ = 0;
  std::size_t running_ = 0;  ///< Applications that tell.
};

}  // namespace edgewise::e2e
