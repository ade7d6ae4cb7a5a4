#pragma once

#include <string>
#include <string_view>

#include "score/detail/grpc_inference.h"
#include "score/detail/grpc_lane.h"

namespace edgewise::score::detail {

/// ModelInfer: the call that is made often; one batch answers it. Its message is asked for when it has come: gRPC would count no call
/// that waits for one.
/// Threads: the lane's; Answered() also a worker's.
class InferCall final : public GrpcSlot, private GrpcInference {
 public:
  explicit InferCall(GrpcLane& lane);
  void Post() override;
  void Happen(bool ok) override;

 private:
  enum class State { kWaiting, kReading, kAnswering };

  void Begin();
  void OnMessage();
  void Answered(const Error* error) override;
  void Waits() override { SeeClose(); }
  bool Gone() const override { return gone(); }
  void End() override;

  State state_ = State::kWaiting;
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
  void Begin();
  void Read();
  void OnMessage();
  void Answer();
  void WarmAndAnswer(std::string model);
  void Finish(const Error* error, std::string_view message = {});
  void Answered(const Error* error) override;
  void Waits() override { SeeClose(); }
  bool Gone() const override { return gone(); }
  void End() override;
  // Health.Watch
  void BeginWatch();
  void SendHealth(int status);
  void Look() override;
  void Closed() override;

  State state_ = State::kWaiting;
  grpc_call_details details_;
  bool head_sent_ = false;
  std::string reply_;
  bool watches_ = false;
  std::string watched_;
  int seen_ = -1;  // status that was sent last
};

}  // namespace edgewise::score::detail
