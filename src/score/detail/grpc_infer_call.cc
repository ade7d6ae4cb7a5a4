#include "score/detail/grpc_calls.h"

namespace edgewise::score::detail {

InferCall::InferCall(GrpcLane& lane) : GrpcSlot(lane), GrpcInference(lane.shared().repository, lane.shared().cold, lane.thread()) {}

void InferCall::Post() {
  state_ = State::kWaiting;
  auto& shared = lane_.shared();
  grpc_server_request_registered_call(shared.server, shared.infer, &call_, &deadline_, &metadata_, nullptr, lane_.queue(), lane_.queue(),
                                      Handed());
}

void InferCall::Happen(bool ok) {
  switch (state_) {
    case State::kWaiting:
      ok ? Begin() : lane_.Close();
      return;
    case State::kReading:
      OnMessage();
      return;
    case State::kAnswering:
      Ended();
      return;
  }
}

void InferCall::Begin() {
  auto welcome = lane_.Came(lane_.infer(), *this);
  if (welcome) welcome = Take();
  if (!welcome) {
    Cancel(welcome.error());
    return Ended();
  }
  state_ = State::kReading;
  batch_.Read(message_);
  Await();
}

void InferCall::OnMessage() {
  Awaited();
  batch_.Release();
  const auto bytes = message_.Bytes(lane_.shared().options.limits.message_bytes);
  if (!bytes) return Answered(&bytes.error());
  if (message_.compressed()) head_.compression = message_.algorithm();
  Start(*bytes, ToDeadline(deadline_, lane_.shared().options.score_limit), read_.sticky);
}

void InferCall::Answered(const Error* error) {
  state_ = State::kAnswering;
  batch_.SendHead(head_);
  if (error == nullptr) batch_.SendMessage(answer());
  batch_.SendStatus(error);
  if (!sees_close()) batch_.SeeClose();
  Await();
}

void InferCall::End() {
  Release();
  Forget();
  lane_.infer().Gone(*this);
}

}  // namespace edgewise::score::detail
