#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "event/event.h"
#include "event/taint.h"

namespace edgewise::relay {

/// What the policy decided about one event, and why. Holds names that the policy itself spells, never a value of the event.
struct Verdict {
  bool allowed = false;
  std::string rule;                        ///< The type that allowed it, or "default-deny", "share", "unreadable".
  std::vector<std::string> dropped;        ///< Fields the policy names and does not let out (or whose value broke its rule).
  std::vector<std::string> pseudonymised;  ///< Fields that left as a pseudonym.
  std::uint32_t unnamed = 0;               ///< Fields the policy does not know: dropped, counted, not named.
  int leak_bits = 0;                       ///< Upper bound of what left in `data`: the sum of log2(values a field could have had).
  std::optional<event::Permitted<std::string>> line;  ///< The CloudEvent as it may leave; if allowed.
};

/// What a batch says about itself; written into its manifest and its cut. Sequences of denied events are gaps that `denied` counts.
struct BatchHead {
  std::string site;
  event::Lane lane = event::Lane::kInsight;
  std::uint64_t epoch = 0;
  std::uint64_t first = 0;  ///< Sequence of the first event judged, let through or not.
  std::uint64_t last = 0;
  std::uint64_t events = 0;  ///< Let through: lines of the object.
  std::uint64_t denied = 0;
  int leak_bits_max = 0;
  Digest policy;
  Digest output;              ///< Of the object's bytes.
  std::string object_name;    ///< sites/<site>/<lane>/e<epoch>/<first>-<last>.jsonl.zst
  std::string manifest_name;  ///< The same, ending .manifest.json; put second.
};

/// Judged events in the very bytes that go to the store. docs/formats/batch.md.
struct Batch {
  BatchHead head;
  event::Permitted<std::string> object;
  event::Permitted<std::string> manifest;
  std::string audit;               ///< One JSON line a decision; empty in a batch that was reopened.
  std::uint64_t allowed_ever = 0;  ///< The lane's totals with this batch: filled by the relay, kept by the seal.
  std::uint64_t denied_ever = 0;
};

/// What may leave a site: deny by default, field by field (docs/formats/policy.md). The only maker of Permitted.
/// Lifecycle: made by FromToml(); immutable, cheap to copy. Threads: any number.
/// Pseudonyms: HMAC-SHA-256 keyed per site; the same value of the same field name has the same pseudonym in all events of the site.
class Policy {
 public:
  /// `key` is the site's secret, 16 bytes or more. Errors: kInvalidArgument (file, line, key, fix).
  static Result<Policy> FromToml(std::string_view toml, std::string_view file, std::string_view key);
  Digest digest() const;  ///< Of the TOML's bytes.

  Verdict Judge(const event::Raw<event::Event>& event) const;
  /// Judges events of one site, lane and epoch (CHECKed, at least one), ascending, and packs what may leave.
  /// Never fails: what cannot be read or is not named is denied.
  Batch Cut(std::string_view site, event::Lane lane, std::span<const event::Raw<event::Event>> events) const;

  /// A batch as bytes for the relay's disk, sealed with the site's key, so that nothing but a policy's own work can come back by Reopen().
  std::string Seal(const Batch& batch) const;
  /// Errors: kDataLoss (damaged, or sealed with another key), kFailedPrecondition (newer format: upgrade).
  Result<Batch> Reopen(std::string_view bytes) const;

  struct Rules;

 private:
  explicit Policy(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

  std::shared_ptr<const Rules> rules_;  // shared by copies of this immutable policy
};

}  // namespace edgewise::relay
