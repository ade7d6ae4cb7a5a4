#include "score/detail/grpc_lane.h"

#include <fmt/format.h>
#include <grpc/support/time.h>

#include "score/detail/grpc_calls.h"

namespace edgewise::score::detail {
namespace {

// Calls that come while none waits are kept by gRPC: a few are enough.
constexpr std::size_t kWaitingInfer = 32;
constexpr std::size_t kWaitingPlain = 4;
constexpr std::int64_t kLookMilliseconds = 100;

/// A client hears of a call's end before the lane does, and may make the next one.
constexpr std::size_t kOverlap = 2;

}  // namespace

GrpcLane::GrpcLane(GrpcShared& shared, std::size_t thread)
    : shared_(shared),
      thread_(thread),
      queue_(grpc_completion_queue_create_for_next(nullptr)),
      infer_(kWaitingInfer, [this] { return std::make_unique<InferCall>(*this); }),
      plain_(kWaitingPlain, [this] { return std::make_unique<PlainCall>(*this); }) {}

GrpcLane::~GrpcLane() { grpc_completion_queue_destroy(queue_); }

void GrpcLane::Begin() {
  infer_.Fill();
  plain_.Fill();
}

void GrpcLane::Loop() {
  auto look = gpr_inf_past(GPR_CLOCK_MONOTONIC);
  while (true) {
    // By the clock, not when nothing else is to do: a busy lane's watchers see, too.
    if (!watchers_.empty() && gpr_time_cmp(look, gpr_now(GPR_CLOCK_MONOTONIC)) <= 0) {
      const auto watchers = watchers_;  // one may end at what it sees
      for (auto* const watcher : watchers) watcher->Look();
      look = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(kLookMilliseconds, GPR_TIMESPAN));
    }
    const auto event = grpc_completion_queue_next(queue_, watchers_.empty() ? gpr_inf_future(GPR_CLOCK_MONOTONIC) : look, nullptr);
    if (event.type == GRPC_QUEUE_SHUTDOWN) return;
    if (event.type == GRPC_QUEUE_TIMEOUT) continue;
    auto& happened = *static_cast<GrpcEvent*>(event.tag);
    happened.Taken();
    happened.Happen(event.success != 0);
  }
}

Result<void> GrpcLane::Came(GrpcSlots& slots, GrpcSlot& slot) {
  slots.Came();
  slots.Fill();
  const auto most = kOverlap * shared_.options.limits.streams;
  if (slot.Join(peers_) > most) {
    return Fail(Code::kResourceExhausted, fmt::format("more than {} calls at once on one connection: wait for their answers", most));
  }
  if (Full()) MakeRoom();
  if (Full()) return Fail(Code::kResourceExhausted, "too many calls at once: try again later");
  return {};
}

void GrpcLane::MakeRoom() {
  const auto now = GrpcSlot::Clock::now();
  if (now < next_room_) return;
  const auto stalled = shared_.options.limits.stalled;
  const bool infer = infer_.DropStalled(now - stalled);
  const bool plain = plain_.DropStalled(now - stalled);
  if (!infer && !plain) next_room_ = now + stalled / 4;
}

void GrpcLane::Close() {
  infer_.Close();
  plain_.Close();
}

}  // namespace edgewise::score::detail
