#include "score/detail/grpc_lane.h"

#include <grpc/support/time.h>

#include <algorithm>
#include <utility>

#include "score/detail/grpc_calls.h"

namespace edgewise::score::detail {
namespace {

// Calls that come while none waits are kept by gRPC: a few are enough.
constexpr std::size_t kWaitingInfer = 32;
constexpr std::size_t kWaitingPlain = 4;
constexpr std::int64_t kLookMilliseconds = 100;

}  // namespace

void GrpcSlot::Take() {
  read_ = ReadMetadata(metadata_);
  head_.traceparent.clear();
  if (read_.traceparent.empty()) return;
  WriteTraceParent(read_.several_traceparents ? std::nullopt : ParseTraceParent(read_.traceparent), lane_.spans(), head_.traceparent);
}

void GrpcSlot::Release() {
  batch_.Release();
  message_.Clear();
  metadata_.count = 0;
  read_ = {};
  head_.compression = GRPC_COMPRESS_NONE;
  if (call_ != nullptr) grpc_call_unref(call_);
  call_ = nullptr;
}

void GrpcSlots::Fill() {
  while (!closed_ && waiting_ < wanted_) {
    if (spare_.empty()) {
      all_.push_back(make_());
      spare_.push_back(all_.back().get());
    }
    auto* const slot = spare_.back();
    spare_.pop_back();
    ++waiting_;
    slot->Post();
  }
}

void GrpcSlots::Gone(GrpcSlot& slot) {
  --at_work_;
  if (spare_.size() < kMaxSpare) return spare_.push_back(&slot);
  const auto found = std::ranges::find(all_, &slot, &std::unique_ptr<GrpcSlot>::get);
  std::swap(*found, all_.back());
  all_.pop_back();
}

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

bool GrpcLane::Came(GrpcSlots& slots) {
  slots.Came();
  slots.Fill();
  return infer_.at_work() + plain_.at_work() <= shared_.options.limits.calls;
}

void GrpcLane::Close() {
  infer_.Close();
  plain_.Close();
}

}  // namespace edgewise::score::detail
