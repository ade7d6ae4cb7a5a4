#include <fmt/format.h>

#include "score/detail/grpc_calls.h"
#include "score/detail/grpc_service.h"
#include "score/detail/kept_bytes.h"
#include "score/detail/side_thread.h"

namespace edgewise::score::detail {

PlainCall::PlainCall(GrpcLane& lane) : GrpcSlot(lane), GrpcInference(lane.shared().repository, lane.shared().cold, lane.thread()) {
  grpc_call_details_init(&details_);
}

void PlainCall::Post() {
  state_ = State::kWaiting;
  head_sent_ = watches_ = false;
  grpc_server_request_call(lane_.shared().server, &call_, &details_, &metadata_, lane_.queue(), lane_.queue(), Handed());
}

void PlainCall::Happen(bool ok) {
  switch (state_) {
    case State::kWaiting:
      ok ? Begin() : lane_.Close();
      return;
    case State::kReading:
      Awaited();
      OnMessage();
      return;
    case State::kSending:
      Awaited();
      batch_.Release();
      ok ? Read() : Finish(nullptr);
      return;
    case State::kReporting:
      Awaited();
      batch_.Release();
      state_ = State::kWatching;
      gone() ? Finish(nullptr) : Look();
      return;
    case State::kWatching:
      return;  // asks for nothing
    case State::kFinishing:
      Ended();
      return;
  }
}

void PlainCall::Begin() {
  auto welcome = lane_.Came(lane_.plain(), *this);
  if (welcome) welcome = Take();
  if (!welcome) {
    Cancel(welcome.error());
    return Ended();
  }
  const auto method = TextOf(details_.method);
  if (GrpcService::KindOf(method) == GrpcService::Kind::kUnknown) {
    const Error error{Code::kUnimplemented, fmt::format("this server has no method \"{}\"", method)};
    return Finish(&error);
  }
  Read();
}

void PlainCall::Read() {
  message_.Clear();
  batch_.Release();
  batch_.Read(message_);
  state_ = State::kReading;
  if (!head_sent_) return Await();
  batch_.Start(call_, *this);  // a stream may be silent between its messages
}

void PlainCall::OnMessage() {
  const auto kind = GrpcService::KindOf(TextOf(details_.method));
  if (kind == GrpcService::Kind::kInferStream && !message_.there()) return Finish(nullptr);  // the client has no more, or is gone
  const auto bytes = message_.Bytes(lane_.shared().options.limits.message_bytes);
  if (!bytes) return Finish(&bytes.error());
  if (message_.compressed()) head_.compression = message_.algorithm();
  switch (kind) {
    case GrpcService::Kind::kInferStream:
      Start(*bytes, ToDeadline(details_.deadline, lane_.shared().options.score_limit), read_.sticky);
      return;
    case GrpcService::Kind::kWatch:
      BeginWatch();
      return;
    case GrpcService::Kind::kBlocking: {
      if (lane_.shared().side.Do([this] { Answer(); })) return;
      const Error error{Code::kResourceExhausted, "too many models are being loaded and unloaded: try again later"};
      Finish(&error);
      return;
    }
    case GrpcService::Kind::kUnary:
    case GrpcService::Kind::kUnknown:
      Answer();
      return;
  }
}

void PlainCall::Answer() {
  const auto bytes = message_.Bytes(lane_.shared().options.limits.message_bytes);
  if (!bytes) return Finish(&bytes.error());
  std::string cold;
  const auto answer = lane_.shared().service.Answer(TextOf(details_.method), *bytes, cold);
  if (answer) return Finish(nullptr, *answer);
  if (answer.error().code == Code::kAborted && !cold.empty()) return WarmAndAnswer(std::move(cold));
  Finish(&answer.error());
}

void PlainCall::WarmAndAnswer(std::string model) {
  auto& shared = lane_.shared();
  const auto size = message_.Bytes(shared.options.limits.message_bytes).value_or("").size();
  if (const auto taken = shared.cold.Take(size); !taken) return Finish(&taken.error());
  shared.repository.Warm(std::move(model), [this, size](const Result<void>& warm) {
    lane_.shared().cold.Give(size);
    if (!warm) return Finish(&warm.error());
    const auto bytes = message_.Bytes(lane_.shared().options.limits.message_bytes);
    std::string cold;
    const auto answer = lane_.shared().service.Answer(TextOf(details_.method), bytes.value_or(""), cold);
    answer ? Finish(nullptr, *answer) : Finish(&answer.error());
  });
}

void PlainCall::Answered(const Error* error) {
  reply_ = StreamMessage(answer(), error == nullptr ? std::string_view() : error->message);
  batch_.Release();
  if (!head_sent_) batch_.SendHead(head_);
  head_sent_ = true;
  batch_.SendMessage(reply_);
  state_ = State::kSending;
  Await();
}

void PlainCall::Finish(const Error* error, std::string_view message) {
  const bool stream = head_sent_ || GrpcService::KindOf(TextOf(details_.method)) == GrpcService::Kind::kInferStream;
  batch_.Release();
  if (!head_sent_) batch_.SendHead(head_);
  if (error == nullptr && !stream) batch_.SendMessage(message);
  batch_.SendStatus(error);
  if (!sees_close()) batch_.SeeClose();
  state_ = State::kFinishing;
  Await();
}

void PlainCall::End() {
  GiveBack(reply_);
  Release();
  Forget();
  grpc_call_details_destroy(&details_);
  grpc_call_details_init(&details_);
  lane_.plain().Gone(*this);
}

void PlainCall::BeginWatch() {
  const auto bytes = message_.Bytes(lane_.shared().options.limits.message_bytes);
  auto service = GrpcService::ServiceIn(bytes.value_or(""));
  if (!service) return Finish(&service.error());
  watched_ = std::move(*service);
  watches_ = true;
  SeeClose();
  lane_.Watch(*this);
  SendHealth(lane_.shared().service.HealthOf(watched_));
}

void PlainCall::SendHealth(int status) {
  seen_ = status;
  batch_.Release();
  if (!head_sent_) batch_.SendHead(head_);
  head_sent_ = true;
  batch_.SendMessage(GrpcService::HealthMessage(status));
  state_ = State::kReporting;
  Await();
}

void PlainCall::Look() {
  if (state_ != State::kWatching) return;  // not yet
  if (lane_.shared().stopping) {
    lane_.Unwatch(*this);
    const Error error{Code::kUnavailable, "the server stops"};
    return Finish(&error);
  }
  if (const int status = lane_.shared().service.HealthOf(watched_); status != seen_) SendHealth(status);
}

void PlainCall::Closed() {
  if (!watches_) return;  // others see it when they are answered
  lane_.Unwatch(*this);
  if (state_ == State::kWatching) Finish(nullptr);
}

}  // namespace edgewise::score::detail
