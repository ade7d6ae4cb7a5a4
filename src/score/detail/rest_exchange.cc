#include "score/detail/rest_exchange.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "score/shadow.h"

namespace edgewise::score::detail {
namespace {

using std::chrono::steady_clock;

class LaterJob final : public Job {
 public:
  LaterJob(Exchange exchange, net::Responder responder) : exchange_(std::move(exchange)), responder_(std::move(responder)) {}
  Exchange& exchange() { return exchange_; }
  void Done(const Result<std::span<const TensorView>>& result) override {
    LaterWriter response(std::move(responder_));
    exchange_.Answer(times, result, response);
    Shadow(exchange_.choice, *this, result);
  }

 private:
  Exchange exchange_;
  net::Responder responder_;
};

void Submit(Exchange& exchange, net::ResponseWriter& response, std::chrono::milliseconds limit) {
  auto responder = response.Later();
  auto job = std::make_unique<LaterJob>(std::move(exchange), responder);
  job->exchange().Fill(*job, limit);
  const auto version = job->exchange().choice.version;  // shared: the job is gone when it is refused
  Exchange refused;
  refused.envelope = job->exchange().envelope;
  refused.choice.version = version;
  refused.begin = job->exchange().begin;
  const auto submitted = version->Submit(std::move(job));
  if (submitted) return;
  LaterWriter later(std::move(responder));
  refused.Refuse(submitted.error(), later);
}

}  // namespace

void Exchange::Fill(Job& job, std::chrono::milliseconds limit) {
  request.Fill(job);
  const std::chrono::microseconds most = limit;
  job.deadline = Deadline::After(request.timeout.count() == 0 ? most : std::min(request.timeout, most));
  job.times = {.input = parsing};
}

void Exchange::Answer(const StageTimes& times, const Result<std::span<const TensorView>>& outputs, net::ResponseWriter& response) {
  if (!outputs) return Refuse(outputs.error(), response);
  const auto ran = steady_clock::now();
  auto& body = response.body();
  body.clear();
  const auto written = write(*this, times, *outputs, body);
  if (!written) return Refuse(written.error(), response);
  if (*written != 0) {
    std::array<char, 24> text{};
    const auto* const end = std::to_chars(text.data(), text.data() + text.size(), *written).ptr;
    response.AddHeader("Inference-Header-Content-Length", {text.data(), static_cast<std::size_t>(end - text.data())});
  }
  envelope.Close(response);
  const auto now = steady_clock::now();
  auto& statistics = choice.version->statistics();
  statistics.success.Add(now - begin);  // before it is sent: who has the answer finds it counted
  statistics.input.Add(times.input);
  statistics.output.Add(now - ran);
  response.Send(200, *written != 0 ? kOctets : kJson);
}

void Exchange::Refuse(const Error& error, net::ResponseWriter& response, int status) const {
  choice.version->statistics().fail.Add(steady_clock::now() - begin);
  envelope.SendError(response, error, status);
}

void InlineJob::Run(Exchange& exchange, net::ResponseWriter& response, std::size_t thread, std::chrono::milliseconds limit) {
  exchange_ = &exchange;
  response_ = &response;
  exchange.Fill(*this, limit);
  exchange.choice.version->Run(thread, *this);
}

void InlineJob::Done(const Result<std::span<const TensorView>>& result) {
  exchange_->Answer(times, result, *response_);
  Shadow(exchange_->choice, *this, result);
}

void RunExchange(Exchange& exchange, InlineJob& job, net::ResponseWriter& response, std::size_t thread, std::chrono::milliseconds limit) {
  exchange.parsing = steady_clock::now() - exchange.begin;
  if (thread != kNoThread && exchange.choice.version->RunsInline(exchange.request.rows)) {
    job.Run(exchange, response, thread, limit);
  } else {
    Submit(exchange, response, limit);
  }
}

}  // namespace edgewise::score::detail
