#include "score/detail/grpc_inference.h"

#include <fmt/format.h>

#include "score/detail/kept_bytes.h"
#include "score/detail/wire.h"
#include "score/shadow.h"

namespace edgewise::score::detail {
namespace {

using Clock = std::chrono::steady_clock;
}  // namespace

class GrpcInference::InferJob final : public Job {
 public:
  explicit InferJob(GrpcInference& inference) : inference_(inference) {}
  bool Abandoned() const override { return inference_.Gone(); }
  void Done(const Result<std::span<const TensorView>>& done) override { inference_.Complete(done, *this); }

 private:
  GrpcInference& inference_;
};

Result<void> ColdBytes::Take(std::size_t bytes) {
  if (taken_.fetch_add(bytes) + bytes <= limit_) return {};
  taken_ -= bytes;
  return Fail(Code::kResourceExhausted, "too many requests wait for models to be loaded: try again later");
}

GrpcInference::GrpcInference(ModelRepository& repository, ColdBytes& cold, std::size_t thread)
    : repository_(repository), cold_(cold), thread_(thread) {}
GrpcInference::~GrpcInference() = default;

void GrpcInference::Start(std::string_view message, Deadline deadline, std::string_view sticky) {
  began_ = Clock::now();
  bytes_ = message.size();
  answer_.clear();
  deadline_ = deadline;
  sticky_ = sticky;
  if (const auto read = request_.Read(message); !read) return Refuse(read.error());
  if (request_.timeout.count() > 0) {
    const auto timeout = Deadline::After(request_.timeout);
    if (timeout.time() < deadline_.time()) deadline_ = timeout;
  }
  Run(Try::kFirst);
}

void GrpcInference::Run(Try which) {
  auto choice = repository_.Find(request_.model, request_.version, sticky_);
  if (!choice) {
    if (choice.error().code != Code::kAborted) return Refuse(choice.error());
    if (which == Try::kFirst) return Warm();
    return Refuse({Code::kUnavailable, fmt::format("model \"{}\" was let go again before it could answer: try again", request_.model)});
  }
  choice_ = std::move(*choice);
  auto& version = *choice_.version;
  if (!job_) job_ = std::make_unique<InferJob>(*this);
  if (const auto filled = FillJob(request_, version, values_, *job_); !filled) return Refuse(filled.error());
  job_->deadline = deadline_;
  job_->times = {};
  job_->times.input = Clock::now() - began_;
  version.statistics().input.Add(job_->times.input);
  if (which == Try::kFirst && version.RunsInline(job_->rows)) {
    version.Run(thread_, *job_);
    return;  // answered, and perhaps in use again
  }
  Waits();
  // The version must live until it has taken the job, and this may be in use again by then.
  const auto kept = choice_.version;
  if (auto submitted = kept->Submit(std::move(job_)); !submitted) Refuse(submitted.error());
}

void GrpcInference::Warm() {
  if (const auto taken = cold_.Take(bytes_); !taken) return Refuse(taken.error());
  Waits();
  repository_.Warm(std::string(request_.model), [this](const Result<void>& warm) {
    cold_.Give(bytes_);
    if (!warm) return Refuse(warm.error());
    Run(Try::kWarm);
  });
}

void GrpcInference::Complete(const Result<std::span<const TensorView>>& outputs, Job& job) {
  if (!outputs) return Refuse(outputs.error());
  const auto cut = Clock::now();
  const auto form = request_.raw.empty() ? AnswerForm::kTyped : AnswerForm::kRaw;
  AppendAnswer(answer_, *choice_.version, request_.id, form, job.outputs, *outputs);
  const auto end = Clock::now();
  auto& statistics = choice_.version->statistics();
  statistics.output.Add(end - cut);
  statistics.success.Add(end - began_);
  if (choice_.shadow) Shadow(choice_, job, outputs);  // before: what the job points to is given back with the answer
  choice_ = {};
  Answered(nullptr);
}

void GrpcInference::Refuse(const Error& error) {
  if (choice_.version) choice_.version->statistics().fail.Add(Clock::now() - began_);
  choice_ = {};
  answer_.clear();
  if (!request_.id.empty()) AppendBytes(answer_, 3, request_.id);
  Answered(&error);
}

void GrpcInference::Forget() {
  request_.Forget();
  for (auto& values : values_) values.Forget();
  GiveBack(answer_);
}

}  // namespace edgewise::score::detail
