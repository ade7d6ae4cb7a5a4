#include "score/detail/grpc_slot.h"

#include <fmt/format.h>
#include <grpc/support/alloc.h>

#include <algorithm>
#include <utility>

#include "score/detail/grpc_lane.h"

namespace edgewise::score::detail {

std::size_t GrpcSlot::Join(GrpcPeers& peers) {
  dropped_ = false;
  char* const name = grpc_call_get_peer(call_);
  if (!std::string_view(name).starts_with("unix")) {
    peer_ = &peers.Find(name);
    ++peer_->calls;
  }
  gpr_free(name);
  return peer_ == nullptr ? 0 : peer_->calls;
}

Result<void> GrpcSlot::Take() {
  read_ = ReadMetadata(metadata_);
  const auto most = lane_.shared().options.limits.metadata_bytes;
  if (read_.bytes > most) return Fail(Code::kResourceExhausted, fmt::format("{} bytes of metadata, at most {}", read_.bytes, most));
  head_.traceparent.clear();
  if (read_.traceparent.empty()) return {};
  WriteTraceParent(read_.several_traceparents ? std::nullopt : ParseTraceParent(read_.traceparent), lane_.spans(), head_.traceparent);
  return {};
}

void GrpcSlot::Await() {
  awaits_since_.store(Clock::now(), std::memory_order_relaxed);
  batch_.Start(call_, *this);
}

bool GrpcSlot::DropStalled(Clock::time_point time) {
  if (dropped_ || awaits_since_.load(std::memory_order_relaxed) > time) return false;
  dropped_ = true;
  grpc_call_cancel(call_, nullptr);
  return true;
}

void GrpcSlot::Cancel(const Error& error) {
  grpc_call_cancel_with_status(call_, static_cast<grpc_status_code>(error.code), error.message.c_str(), nullptr);
}

void GrpcSlot::SeeClose() {
  if (close_asked_) return;
  close_asked_ = close_open_ = true;
  close_batch_.SeeClose();
  close_batch_.Start(call_, close_event_);
}

void GrpcSlot::CloseEvent::Happen(bool /*ok*/) {
  slot.close_open_ = false;
  slot.gone_.store(true, std::memory_order_relaxed);
  slot.Closed();
  if (slot.finished_) slot.End();
}

void GrpcSlot::Ended() {
  finished_ = true;
  if (!close_open_) End();
}

void GrpcSlot::Release() {
  close_batch_.Release();
  close_asked_ = finished_ = false;
  gone_.store(false, std::memory_order_relaxed);
  batch_.Release();
  message_.Clear();
  metadata_.count = 0;
  read_ = {};
  head_.compression = GRPC_COMPRESS_NONE;
  Awaited();
  if (peer_ != nullptr) --peer_->calls;
  peer_ = nullptr;
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

bool GrpcSlots::DropStalled(GrpcSlot::Clock::time_point time) {
  const auto before = at_work_;
  for (const auto& slot : all_) {
    if (slot->DropStalled(time)) --at_work_;
  }
  return at_work_ < before;
}

void GrpcSlots::Gone(GrpcSlot& slot) {
  if (!slot.dropped()) --at_work_;
  if (spare_.size() < kMaxSpare) return spare_.push_back(&slot);
  const auto found = std::ranges::find(all_, &slot, &std::unique_ptr<GrpcSlot>::get);
  std::swap(*found, all_.back());
  all_.pop_back();
}

}  // namespace edgewise::score::detail
