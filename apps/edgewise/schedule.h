#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "configuration.h"
#include "hub/fleet.h"
#include "hub/timeline.h"

namespace edgewise {

/// One challenger of a month.
struct ChallengePlan {
  std::string version;
  std::string until;  ///< Local date: only labels known before it.
  std::string select = "all";
  bool head_to_head = false;
  std::filesystem::path champion;  ///< model.json of the model that is live.
  std::filesystem::path out;
};

/// Improves the model on the first of each month, when everything that the sites knew by then has come back: the extra challengers of that
/// date, then the monthly one; a promoted model is published, wanted at all sites, and the month ends when they all run it. What has been
/// done is kept in the timeline: of a month that was cut off by a stop, what was not decided is done again. Threads: Run() on one of its
/// own.
class Schedule {
 public:
  struct Options {
    ImprovePlan plan;
    std::filesystem::path folder;  ///< For challenges: models and decisions.
    std::string zone;              ///< Of the months.
    /// Runs the challenge to its end and leaves decision.json and, if promoted, the model in plan.out.
    std::function<Result<void>(const ChallengePlan&, const std::stop_token&)> challenge;
    /// Packs and pushes the model in a folder; answers the image's digest.
    std::function<Result<Digest>(const std::filesystem::path& model, const std::string& version)> publish;
  };
  /// Borrows fleet and timeline. Errors: kInvalidArgument (plan), kNotFound (zone).
  static Result<Schedule> Make(Options options, hub::Fleet& fleet, hub::Timeline& timeline);
  /// Until stopped.
  void Run(const std::stop_token& stop);

 private:
  Schedule(Options options, TimeZone zone, EventTime next, EventTime end, hub::Fleet& fleet, hub::Timeline& timeline);
  std::optional<EventTime> Drained() const;
  Result<void> Month(EventTime start, const std::stop_token& stop);
  Result<void> Challenge(ChallengePlan plan, EventTime at, const std::stop_token& stop);
  Result<void> Promote(const ChallengePlan& plan, const std::string& decision, std::uint64_t step, EventTime at,
                       const std::stop_token& stop);
  Result<void> RollOut(const ChallengePlan& plan, const Digest& digest, EventTime at, const std::stop_token& stop);
  bool Ended(std::string_view kind, const std::string& text, EventTime at, std::string_view outcome) const;
  Result<void> WaitForSites(std::uint64_t number, const std::stop_token& stop) const;
  Result<std::filesystem::path> ChampionCard() const;

  Options options_;
  TimeZone zone_;
  EventTime next_, end_;
  hub::Fleet* fleet_;
  hub::Timeline* timeline_;
};

}  // namespace edgewise
