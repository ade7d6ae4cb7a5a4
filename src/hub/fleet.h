#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "hub/index.h"
#include "hub/site_status.h"
#include "train/model.h"

namespace edgewise::hub {

/// kEmpty: never heard of; kLive: heard of lately; kStale: silent too long; kError: it says that something stopped or failed.
enum class SiteState { kEmpty, kLive, kStale, kError };
std::string_view SiteStateName(SiteState state);  ///< "empty", "live", "stale", "error"

/// One site as it last described itself (docs/formats/site.md), and what it is to run.
struct SiteView {
  std::string site;
  SiteState state = SiteState::kEmpty;
  std::string reason;            ///< Why kError or kStale, for people.
  std::string status = "null";   ///< The JSON it sent, as far as we know its keys.
  std::string desired = "null";  ///< The desired state document as it was put.
  ProcessingTime heard;
  std::optional<EventTime> clock;    ///< The site's event time.
  std::optional<EventTime> drained;  ///< All before it has come back; of its last status, also from before a restart.
  std::uint64_t applied = 0;         ///< Number of the desired state that it runs; likewise.
};

/// A trained version and what was decided about it.
struct ModelEntry {
  std::string version;
  std::string digest;  ///< Of its image; of a refused version too, when it was packed.
  std::string repository;
  std::string decision;  ///< "pilot", "frozen", "promoted", "refused", ...
  std::string reason;
  std::string json;  ///< As registered, with card and gate.
  std::optional<train::ModelCard> card;
};

/// What the hub knows of sites and models. Persistent in the index's documents; statuses are written when they tell something new.
/// Only configured sites report and are given a desired state: a name that nobody runs would be waited for for ever.
/// Errors: kInvalidArgument (names the key), kAborted (desired number not above the present one: read again), kNotFound (no such site,
/// names it); those of the index. Threads: any number.
class Fleet {
 public:
  struct Options {
    std::vector<std::string> sites;  ///< The only ones; shown as empty until they speak. What is kept of others rests unused.
    std::chrono::milliseconds stale = std::chrono::seconds(15);
  };
  static Result<std::unique_ptr<Fleet>> Open(Index& index, const Clock& clock, Options options);

  Result<void> Report(const std::string& site, std::string_view status);
  std::vector<SiteView> Sites() const;
  /// The minimum of the sites' event times; nothing until each expected site has spoken.
  std::optional<EventTime> EventNow() const;

  /// A document that deploy::DesiredFromJson takes, kept byte for byte so that a signature stays true.
  Result<void> SetDesired(const std::string& site, std::string_view document);
  Result<std::string> Desired(const std::string& site) const;
  /// The present desired state and those before it, newest first, each byte for byte: what a site can go back to. At least those of the
  /// last kHistory numbers are kept. Errors: as Desired().
  Result<std::vector<std::string>> DesiredHistory(const std::string& site) const;
  static constexpr std::uint64_t kHistory = 100;

  /// {version, digest, repository, card, decision, reason, gate}; the same version again replaces the entry.
  Result<void> RegisterModel(std::string_view json);
  std::vector<ModelEntry> Models() const;  ///< In order of registration.
  /// Models that learned from an object.
  std::vector<ModelEntry> TrainedOn(const std::string& object) const;
  std::optional<ModelEntry> FindModel(const std::string& digest) const;

 private:
  struct Site {
    SiteStatus status;
    std::string desired = "null";
    std::uint64_t desired_number = 0;
    std::map<std::uint64_t, std::string> before;  // number % kHistory -> a desired state that was replaced
    ProcessingTime heard;
    bool spoke = false;  // since the start; `status` may be older
    std::string saved;   // gist of the saved status
  };

  Fleet(Index& index, const Clock& clock, Options options);
  Result<void> Load();
  Result<Site*> Known(const std::string& site);
  Result<void> LoadDesired();
  Result<void> Keep(ModelEntry entry);

  Index& index_;
  const Clock& clock_;
  Options options_;
  mutable std::mutex mutex_;
  std::map<std::string, Site> sites_;
  std::vector<ModelEntry> models_;
  std::map<std::string, std::set<std::size_t>, std::less<>> trained_on_;  // object -> places in models_
};

}  // namespace edgewise::hub
