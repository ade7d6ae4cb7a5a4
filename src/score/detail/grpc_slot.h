#pragma once

#include <grpc/grpc.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "score/detail/grpc_core.h"
#include "score/detail/grpc_peers.h"

namespace edgewise::score::detail {

class GrpcLane;

/// A place for a call: waits until a client makes one, is that call until it is answered, then is used again.
/// Threads: its lane's; subclasses say what else.
class GrpcSlot : public GrpcEvent {
 public:
  using Clock = std::chrono::steady_clock;

  explicit GrpcSlot(GrpcLane& lane) : lane_(lane) { grpc_metadata_array_init(&metadata_); }
  ~GrpcSlot() override { grpc_metadata_array_destroy(&metadata_); }
  virtual void Post() = 0;  ///< Waits for a call.

  /// A call has come: counts it at its connection, and says how many that has. Unix sockets are not told apart: 0.
  std::size_t Join(GrpcPeers& peers);
  /// Cancels the call if it has waited for its client since before `time`. Its slot is free when that has happened, as ever.
  bool DropStalled(Clock::time_point time);
  bool dropped() const { return dropped_; }

 protected:
  Result<void> Take();  ///< A call has come: reads its metadata. Errors: kResourceExhausted (too much of it).
  /// Starts `batch_`, for which the client is needed: to send its message, or to take an answer. The last touch: it may happen on another
  /// thread before this returns. Any thread.
  void Await();
  void Awaited() { awaits_since_.store(kNever, std::memory_order_relaxed); }  ///< It has happened.
  void Cancel(const Error& error);                                            ///< Ends the call now: it needs no answer.
  /// Watches for the client's going, from now until the call ends; if it does so already, nothing. The first time, the lane's thread.
  void SeeClose();
  bool sees_close() const { return close_asked_; }
  bool gone() const { return gone_.load(std::memory_order_relaxed); }  ///< Seen to have. Any thread.
  virtual void Closed() {}                                             ///< It is.
  void Ended();            ///< The last batch has happened: the call ends, when its close was seen, too.
  virtual void End() = 0;  ///< Gives everything back. The last touch.
  void Release();          ///< It has ended.

  GrpcLane& lane_;
  grpc_call* call_ = nullptr;
  grpc_metadata_array metadata_;
  GrpcMetadata read_;
  GrpcMessage message_;
  GrpcBatch batch_;
  GrpcHead head_;

 private:
  static constexpr Clock::time_point kNever = Clock::time_point::max();
  std::atomic<Clock::time_point> awaits_since_{kNever};
  bool dropped_ = false;
  GrpcPeers::Peer* peer_ = nullptr;

  struct CloseEvent final : GrpcEvent {
    explicit CloseEvent(GrpcSlot& of) : slot(of) {}
    void Happen(bool ok) override;
    GrpcSlot& slot;
  };
  CloseEvent close_event_{*this};
  GrpcBatch close_batch_;
  bool close_asked_ = false;
  bool close_open_ = false;  // asked, and has not happened
  std::atomic<bool> gone_{false};
  bool finished_ = false;
};

/// The slots of one kind on one lane: some wait, others are calls, a few are spare.
class GrpcSlots {
 public:
  GrpcSlots(std::size_t waiting, std::function<std::unique_ptr<GrpcSlot>()> make) : wanted_(waiting), make_(std::move(make)) {}
  void Fill();  ///< Until so many wait as shall.
  void Came() { --waiting_, ++at_work_; }
  void Gone(GrpcSlot& slot);  ///< A call has ended. The last touch of its slot, which may be freed.
  void Close() { closed_ = true; }
  /// Gives up on all calls that have waited for their clients since before `time`. False: there are none.
  bool DropStalled(GrpcSlot::Clock::time_point time);
  std::size_t at_work() const { return at_work_; }  ///< Calls that were not given up.
  static constexpr std::size_t kMaxSpare = 64;

 private:
  std::size_t wanted_;
  std::function<std::unique_ptr<GrpcSlot>()> make_;
  std::vector<std::unique_ptr<GrpcSlot>> all_;
  std::vector<GrpcSlot*> spare_;
  std::size_t waiting_ = 0;
  std::size_t at_work_ = 0;
  bool closed_ = false;
};

}  // namespace edgewise::score::detail
