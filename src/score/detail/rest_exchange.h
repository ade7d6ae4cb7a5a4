#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "score/detail/infer_request.h"
#include "score/detail/rest_answer.h"
#include "score/job.h"
#include "score/model_repository.h"

namespace edgewise::score::detail {

/// One request on its way from its bytes to its answer, whatever protocol it came in. Owns what it needs of both, so it may outlive its
/// connection. Used again for the next request where the answer did not have to wait.
struct Exchange {
  /// Appends the answer to `body`; gives the length of its JSON where bytes follow it, else 0.
  using Write = Result<std::size_t> (*)(const Exchange& exchange, const StageTimes& times, std::span<const TensorView> outputs,
                                        std::string& body);

  InferRequest request;
  Envelope envelope;
  ModelRepository::Choice choice;
  Write write = nullptr;
  std::chrono::steady_clock::time_point begin;
  std::chrono::nanoseconds parsing{0};

  /// Writes and sends the answer, or the error, and counts it.
  void Answer(const StageTimes& times, const Result<std::span<const TensorView>>& outputs, net::ResponseWriter& response);
  /// Refuses a request that found its version, and counts it.
  void Refuse(const Error& error, net::ResponseWriter& response, int status = 0) const;
  /// Fills in a job with what is to be run; it points into this exchange.
  void Fill(Job& job, std::chrono::milliseconds limit);
};

/// A job that is answered before Run() returns. Kept by its thread and used again.
class InlineJob final : public Job {
 public:
  void Run(Exchange& exchange, net::ResponseWriter& response, std::size_t thread, std::chrono::milliseconds limit);
  void Done(const Result<std::span<const TensorView>>& result) override;

 private:
  Exchange* exchange_ = nullptr;
  net::ResponseWriter* response_ = nullptr;
};

/// Runs the exchange on this thread if its model is quick and `thread` is one of the I/O threads, or leaves it to the workers.
/// `exchange` is empty afterwards in the latter case. Answers in any case.
void RunExchange(Exchange& exchange, InlineJob& job, net::ResponseWriter& response, std::size_t thread, std::chrono::milliseconds limit);

/// The index of a thread that is none of the server's.
inline constexpr std::size_t kNoThread = static_cast<std::size_t>(-1);

}  // namespace edgewise::score::detail
