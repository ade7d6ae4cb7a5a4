#pragma once

#include <string>
#include <string_view>

#include "score/detail/grpc_inference.h"
#include "score/detail/grpc_lane.h"

namespace edgewise::score::detail {

/// ModelInfer: the call that is made often. gRPC brings its message with it; one batch answers it.
/// Threads: the lane's; Answered() also a worker's.
class InferCall final : public GrpcSlot, private GrpcInference {
 public:
  explicit InferCall(GrpcLane& lane);
  void Post() override;
  void Happen(bool ok) override;

 private:
  void Begin();
  void Answered(const Error* error) override;

  bool came_ = false;
  gpr_timespec deadline_{};
};

/// Every other call: its method is known only when it comes. Threads: the lane's; Answered() and Finish() also another's.
class PlainCall final : public GrpcSlot, private GrpcInference, private GrpcWatcher {
 public:
  explicit PlainCall(GrpcLane& lane);
  ~PlainCall() override { grpc_call_details_destroy(&details_); }
  void Post() override;
  void Happen(bool ok) override;

 private:
  enum class State {
    kWaiting,    // for a client
    kReading,    // its message
    kSending,    // one answer of a stream
    kReporting,  // a health
    kWatching,   // until the health changes
    kFinishing,
  };
  /// The client of a watch has gone.
  class Closed final : public GrpcEvent {
   public:
    explicit Closed(PlainCall& call) : call_(call) {}
    void Happen(bool ok) override;

   private:
    PlainCall& call_;
  };

  void Begin();
  void Read();
  void OnMessage();
  void Answer();
  void WarmAndAnswer(std::string model);
  void Finish(const Error* error, std::string_view message = {});
  void Answered(const Error* error) override;
  void OnFinished();
  // Health.Watch
  void BeginWatch();
  void SendHealth(int status);
  void Look() override;

  State state_ = State::kWaiting;
  grpc_call_details details_;
  bool head_sent_ = false;
  std::string reply_;
  Closed closed_{*this};
  GrpcBatch close_batch_;
  bool close_asked_ = false;  // of a watch, before its end
  bool close_open_ = false;   // and has not happened
  bool gone_ = false;         // the client of a watch
  bool finished_ = false;     // answered, and only close_open_ is missing
  std::string watched_;
  int seen_ = -1;  // status that was sent last
};

}  // namespace edgewise::score::detail
