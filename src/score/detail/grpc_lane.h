#pragma once

#include <grpc/grpc.h>

#include <atomic>
#include <vector>

#include "score/detail/grpc_peers.h"
#include "score/detail/grpc_slot.h"
#include "score/detail/trace_context.h"
#include "score/grpc_server.h"

namespace edgewise::score::detail {

class ColdBytes;
class GrpcLane;
class GrpcService;
class SideThread;

/// What all threads of a gRPC server have in common.
struct GrpcShared {
  ModelRepository& repository;
  GrpcServer::Options options;
  GrpcService& service;
  SideThread& side;
  ColdBytes& cold;
  grpc_server* server = nullptr;
  void* infer = nullptr;  ///< The registered method ModelInfer.
  std::atomic<bool> stopping{false};
};

/// Something that a lane looks at again and again while it is there.
class GrpcWatcher {
 public:
  virtual ~GrpcWatcher() = default;
  virtual void Look() = 0;
};

/// One thread's share of a gRPC server: its completion queue and the calls there.
/// Lifecycle: Begin() after the server was started; Loop() on its own thread until the queue was shut down and is empty.
class GrpcLane {
 public:
  GrpcLane(GrpcShared& shared, std::size_t thread);
  ~GrpcLane();
  void Begin();
  void Loop();
  grpc_completion_queue* queue() const { return queue_; }
  GrpcShared& shared() const { return shared_; }
  std::size_t thread() const { return thread_; }  ///< For ModelVersion::Run().
  SpanIds& spans() { return spans_; }

  /// A call has come to `slot`: another one waits in its place.
  /// Errors: kResourceExhausted (too many calls at once: of its connection, or of all).
  Result<void> Came(GrpcSlots& slots, GrpcSlot& slot);
  /// The server takes no more calls: none waits any more.
  void Close();
  GrpcSlots& infer() { return infer_; }
  GrpcSlots& plain() { return plain_; }

  void Watch(GrpcWatcher& watcher) { watchers_.push_back(&watcher); }
  void Unwatch(GrpcWatcher& watcher) { std::erase(watchers_, &watcher); }

 private:
  bool Full() const { return infer_.at_work() + plain_.at_work() > shared_.options.limits.calls; }
  void MakeRoom();

  GrpcShared& shared_;
  std::size_t thread_;
  grpc_completion_queue* queue_;
  SpanIds spans_;
  GrpcSlots infer_;
  GrpcSlots plain_;
  std::vector<GrpcWatcher*> watchers_;
  GrpcPeers peers_;
  GrpcSlot::Clock::time_point next_room_;  // before, there is none to be made
};

}  // namespace edgewise::score::detail
