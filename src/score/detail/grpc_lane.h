#pragma once

#include <grpc/grpc.h>

#include <functional>
#include <memory>
#include <vector>

#include "score/detail/grpc_core.h"
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

/// A place for a call: waits until a client makes one, is that call until it is answered, then is used again.
/// Threads: its lane's; subclasses say what else.
class GrpcSlot : public GrpcEvent {
 public:
  explicit GrpcSlot(GrpcLane& lane) : lane_(lane) { grpc_metadata_array_init(&metadata_); }
  ~GrpcSlot() override { grpc_metadata_array_destroy(&metadata_); }
  virtual void Post() = 0;  ///< Waits for a call.

 protected:
  void Take();     ///< A call has come: reads its metadata.
  void Release();  ///< It has been answered.

  GrpcLane& lane_;
  grpc_call* call_ = nullptr;
  grpc_metadata_array metadata_;
  GrpcMetadata read_;
  GrpcMessage message_;
  GrpcBatch batch_;
  GrpcHead head_;
};

/// The slots of one kind on one lane: some wait, others are calls, a few are spare.
class GrpcSlots {
 public:
  GrpcSlots(std::size_t waiting, std::function<std::unique_ptr<GrpcSlot>()> make) : wanted_(waiting), make_(std::move(make)) {}
  void Fill();  ///< Until so many wait as shall.
  void Came() { --waiting_, ++at_work_; }
  void Gone(GrpcSlot& slot);  ///< A call has ended. The last touch of its slot, which may be freed.
  void Close() { closed_ = true; }
  std::size_t at_work() const { return at_work_; }
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

  /// A call has come to a slot: another one waits in its place. False if there are too many calls at once.
  bool Came(GrpcSlots& slots);
  /// The server takes no more calls: none waits any more.
  void Close();
  GrpcSlots& infer() { return infer_; }
  GrpcSlots& plain() { return plain_; }

  void Watch(GrpcWatcher& watcher) { watchers_.push_back(&watcher); }
  void Unwatch(GrpcWatcher& watcher) { std::erase(watchers_, &watcher); }

 private:
  GrpcShared& shared_;
  std::size_t thread_;
  grpc_completion_queue* queue_;
  SpanIds spans_;
  GrpcSlots infer_;
  GrpcSlots plain_;
  std::vector<GrpcWatcher*> watchers_;
};

}  // namespace edgewise::score::detail
