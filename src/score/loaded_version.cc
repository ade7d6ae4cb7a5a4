#include "score/loaded_version.h"

#include <algorithm>

#include "base/check.h"

namespace edgewise::score {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr float kInlineNanoseconds = 400'000;
constexpr float kSmoothing = 1.0F / 16;
constexpr float kLeastSlowness = 1e-3F;
constexpr float kLargestStep = 8;  // a thread that lost its core for long says little about the model
constexpr detail::RunCost kUnknownCost{.first = std::chrono::milliseconds(1), .further = std::chrono::milliseconds(1), .good_rows = 1};

std::int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

LoadedVersion::LoadedVersion(Parts parts)
    : parts_(std::move(parts)),
      cost_(parts_.cost.value_or(kUnknownCost)),
      joins_(parts_.engine->signature().batches),
      places_(parts_.threads + parts_.workers + 1) {
  for (std::size_t i = 0; i < places_.size(); ++i) places_[i].slot = &parts_.watchdog->slot(i);
  if (parts_.settings.max_rows != 0) parts_.max_rows = parts_.settings.max_rows;
  if (parts_.settings.join_rows == 0) parts_.settings.join_rows = cost_.good_rows;
}

bool LoadedVersion::RunsInline(std::size_t rows) const {
  switch (parts_.settings.where) {
    case ModelSettings::Where::kInputThread:
      return true;
    case ModelSettings::Where::kWorkers:
      return false;
    case ModelSettings::Where::kMeasured:
      break;
  }
  return static_cast<float>(cost_.Of(rows).count()) * slowness_.load(std::memory_order_relaxed) < kInlineNanoseconds;
}

void LoadedVersion::Run(std::size_t thread, Job& job) {
  EDGEWISE_CHECK(thread < parts_.threads);
  RunOne(places_[thread], job, steady_clock::now());
}

Result<void> LoadedVersion::Submit(std::unique_ptr<Job> job) {
  auto submitted = parts_.pool->Submit(shared_from_this(), std::move(job));
  if (!submitted && submitted.error().code == Code::kResourceExhausted) statistics_.rejected.fetch_add(1, std::memory_order_relaxed);
  return submitted;
}

Result<void> LoadedVersion::SubmitIdle(std::unique_ptr<Job> job) { return parts_.idle_pool->Submit(shared_from_this(), std::move(job)); }

bool LoadedVersion::Joins(const Job& first, std::size_t rows, const Job& next) const {
  return joins_.load(std::memory_order_relaxed) && rows + next.rows <= parts_.settings.join_rows && detail::CanJoin(first, next);
}

void LoadedVersion::RunJobs(std::size_t worker, std::span<const std::unique_ptr<Job>> jobs) {
  Place& place = places_[worker];
  if (jobs.size() > 1 && RunJoined(place, jobs)) return;
  for (const auto& job : jobs) RunOne(place, *job, steady_clock::now());
}

Result<Runner*> LoadedVersion::RunnerOf(Place& place) {
  if (place.runner == nullptr) {
    EDGEWISE_ASSIGN(place.runner, parts_.engine->MakeRunner());
  }
  return place.runner.get();
}

void LoadedVersion::RunOne(Place& place, Job& job, Time begin) {
  if (job.deadline.time() <= begin) {
    CountLate();
    return job.Done(Fail(Code::kDeadlineExceeded, "the deadline passed before the request was run"));
  }
  const auto runner = RunnerOf(place);
  if (!runner) return job.Done(std::unexpected(runner.error()));
  place.slot->Begin(**runner, job.deadline.time());
  const auto result = (*runner)->Run(job.inputs, job.outputs);
  if (place.slot->End()) return AnswerStopped(place, job);
  job.times.infer = steady_clock::now() - begin;
  job.times.batch_rows = job.rows;
  if (result) {
    CountRun(job.rows, nanoseconds(0), job.times.infer, nanoseconds(0));
    CountRequest(job);
  }
  job.Done(result);
}

/// The runner goes first: the answer does not need it, and whoever gets the answer may ask again.
void LoadedVersion::AnswerStopped(Place& place, Job& job) {
  place.runner.reset();
  const auto reason = parts_.watchdog->Reason();
  if (reason.code == Code::kDeadlineExceeded) CountLate();
  job.Done(std::unexpected(reason));
}

/// False: nobody was answered, as the engine failed or its outputs cannot be cut.
bool LoadedVersion::RunJoined(Place& place, std::span<const std::unique_ptr<Job>> jobs) {
  const auto runner = RunnerOf(place);
  if (!runner) return false;
  const auto begin = steady_clock::now();
  const auto inputs = place.joined.Join(jobs);
  const auto joined = steady_clock::now();
  auto until = jobs.front()->deadline.time();
  for (const auto& job : jobs) until = std::max(until, job->deadline.time());
  place.slot->Begin(**runner, until);
  const auto result = (*runner)->Run(inputs, jobs.front()->outputs);
  if (place.slot->End()) {
    for (const auto& job : jobs) AnswerStopped(place, *job);
    return true;
  }
  const auto ran = steady_clock::now();
  if (!result) return false;
  if (!place.joined.Splits(*result)) {
    joins_.store(false, std::memory_order_relaxed);  // the signature promised rows, and the model does not keep it
    return false;
  }
  std::size_t rows = 0;
  for (const auto& job : jobs) rows += job->rows;
  nanoseconds cutting{0};
  for (const auto& job : jobs) {
    const auto cut_begin = steady_clock::now();
    const auto part = place.joined.Cut(*result, *job);
    job->times.input += joined - begin;
    job->times.infer = ran - joined;
    job->times.output = steady_clock::now() - cut_begin;
    job->times.batch_rows = rows;
    cutting += job->times.output;
    CountRequest(*job);
    job->Done(part);
  }
  CountRun(rows, joined - begin, ran - joined, cutting);
  return true;
}

void LoadedVersion::CountRequest(const Job& job) {
  statistics_.queue.Add(job.times.queue);
  statistics_.infer.Add(job.times.infer);
  statistics_.rows.fetch_add(job.rows, std::memory_order_relaxed);
}

void LoadedVersion::CountRun(std::size_t rows, nanoseconds input, nanoseconds infer, nanoseconds output) {
  statistics_.executions.fetch_add(1, std::memory_order_relaxed);
  statistics_.last_inference.store(NowMs(), std::memory_order_relaxed);
  auto& batch = statistics_.Batch(rows);
  batch.input.Add(input);
  batch.infer.Add(infer);
  batch.output.Add(output);
  const float slowness = slowness_.load(std::memory_order_relaxed);
  const auto expected = static_cast<float>(std::max<std::int64_t>(cost_.Of(rows).count(), 1));
  const float seen = std::min(static_cast<float>(infer.count()) / expected, slowness * kLargestStep);
  slowness_.store(std::max(slowness + (seen - slowness) * kSmoothing, kLeastSlowness), std::memory_order_relaxed);
}

}  // namespace edgewise::score
