#include "score/detail/grpc_calls.h"

namespace edgewise::score::detail {

InferCall::InferCall(GrpcLane& lane) : GrpcSlot(lane), GrpcInference(lane.shared().repository, lane.shared().cold, lane.thread()) {}

void InferCall::Post() {
  came_ = false;
  auto& shared = lane_.shared();
  grpc_server_request_registered_call(shared.server, shared.infer, &call_, &deadline_, &metadata_, message_.slot(), lane_.queue(),
                                      lane_.queue(), Handed());
}

void InferCall::Happen(bool ok) {
  if (came_) {
    Release();
    Forget();
    lane_.infer().Gone(*this);
    return;
  }
  if (!ok) {
    lane_.Close();
    return;
  }
  Begin();
}

void InferCall::Begin() {
  came_ = true;
  const bool welcome = lane_.Came(lane_.infer());
  Take();
  if (!welcome) {
    const Error error{Code::kResourceExhausted, "too many calls at once: try again later"};
    return Answered(&error);
  }
  const auto bytes = message_.Bytes(lane_.shared().options.limits.message_bytes);
  if (!bytes) return Answered(&bytes.error());
  if (message_.compressed()) head_.compression = message_.algorithm();
  Start(*bytes, ToDeadline(deadline_, lane_.shared().options.score_limit), read_.sticky);
}

void InferCall::Answered(const Error* error) {
  batch_.SendHead(head_);
  if (error == nullptr) batch_.SendMessage(answer());
  batch_.SendStatus(error);
  batch_.SeeClose();
  batch_.Start(call_, *this);
}

}  // namespace edgewise::score::detail
