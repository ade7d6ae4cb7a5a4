#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "event/event.h"

namespace edgewise::queue {

/// Position in the site's record journal up to which events have been derived. The queue stores it with the events, in one step, so that
/// a site that restarts derives each event again and appends none twice.
enum class Origin : std::uint64_t {};

/// Names one delivery so that it can be settled; for remote queues it is theirs (a pop receipt), so it is opaque.
struct Receipt {
  std::string value;
};

struct Delivery {
  Receipt receipt;
  event::Event event;  ///< With its id.
};

struct LaneDepth {
  event::Lane lane;
  std::uint64_t waiting = 0;
  std::uint64_t waiting_bytes = 0;    ///< Of those that wait, as JSON: what a bound counts.
  std::uint64_t dead = 0;             ///< Set aside, with a reason.
  std::uint64_t damaged = 0;          ///< Records whose bytes are no longer what was appended; kept as they are.
  std::uint64_t missing = 0;          ///< Records that nobody took and that are not there any more: damage has hidden them.
  std::uint64_t dropped = 0;          ///< Given up to make room for others, or by an operator.
  std::optional<EventTime> oldest{};  ///< When the oldest event that waits happened in the world.
  std::uint64_t appended = 0;         ///< Ever, over all epochs: the last sequence given.
};

/// What a queue does with an event for which it has no room.
enum class WhenFull : std::uint8_t {
  kBlock,       ///< Refuses it, and all of its batch.
  kDropOldest,  ///< Drops the oldest events of the least important lane that has some, at most as important as its own; else itself.
};

/// Keeps events from the moment they are acknowledged until they are settled.
/// Lifecycle: made by an implementation's Open(); its destructor waits for calls in flight.
/// Order: per lane, by sequence. A batch is appended as a whole or not at all.
/// Durability: what Append() acknowledged survives a power cut. A Settle() may be lost in one; its events are then delivered again.
/// Full: as WhenFull says; an implementation says what it offers.
/// Errors: kInvalidArgument, kResourceExhausted (full; nothing was appended), kUnavailable (storage does not answer; whether the call had
///   an effect is unknown: call again, an Append with the same `through` then changes nothing if it had), kDataLoss (damage that is not one
///   record's), kDeadlineExceeded. A damaged record is no error: it is kept aside and counted, and the rest goes on.
/// Threads: any number may Append(); one reader at a time per lane calls Receive(), Settle() and SetAside().
class Queue {
 public:
  virtual ~Queue() = default;

  /// Appends events (each to the lane of its type) derived from the journal up to `through`; gives them their ids, in order.
  /// `through` not above AppendedThrough() appends nothing and answers an empty list: a repetition. Empty `events` just moves the origin.
  /// Without `through` they come from no journal: the origin stays, and nobody can tell a repetition.
  virtual Result<std::vector<event::EventId>> Append(std::span<const event::Event> events, std::optional<Origin> through,
                                                     Deadline deadline) = 0;
  virtual Result<Origin> AppendedThrough() = 0;

  /// Up to `limit` unsettled events of a lane, oldest first; an empty list if there are none.
  virtual Result<std::vector<Delivery>> Receive(event::Lane lane, std::size_t limit, Deadline deadline) = 0;
  /// Settles these deliveries. Settling twice is no error.
  virtual Result<void> Settle(std::span<const Receipt> receipts, Deadline deadline) = 0;
  /// Takes one event out of the line, with the reason, so that those behind it go on. It stays readable for operators.
  virtual Result<void> SetAside(const Receipt& receipt, std::string_view reason, Deadline deadline) = 0;

  virtual Result<std::vector<LaneDepth>> Depths() = 0;
};

}  // namespace edgewise::queue
