#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "score/fake_model_engine.h"
#include "score/model_version.h"

namespace edgewise::score::test {

/// A ModelVersion around an engine, for tests of what stands before one: runs where it is told to, and has room for so many jobs.
class MadeVersion final : public ModelVersion {
 public:
  struct Settings {
    std::string model = "made";
    std::string version = "1";
    std::optional<feature::Program> program;
    NotANumber not_a_number = NotANumber::kNull;
    std::size_t max_rows = 1024;
    bool is_inline = true;
    std::optional<Error> refuse;  ///< What Submit() answers.
  };

  MadeVersion(std::unique_ptr<ModelEngine> engine, Settings settings)
      : engine_(std::move(engine)), settings_(std::move(settings)), runner_(engine_->MakeRunner().value()) {}

  const std::string& model() const override { return settings_.model; }
  const std::string& version() const override { return settings_.version; }
  const Signature& signature() const override { return engine_->signature(); }
  const std::optional<feature::Program>& program() const override { return settings_.program; }
  NotANumber not_a_number() const override { return settings_.not_a_number; }
  std::size_t max_rows() const override { return settings_.max_rows; }
  bool RunsInline(std::size_t) const override { return settings_.is_inline; }
  void Run(std::size_t, Job& job) override {
    if (job.deadline.Expired()) return job.Done(Fail(Code::kDeadlineExceeded, "too late"));
    job.Done(runner_->Run(job.inputs, job.outputs));
  }
  Result<void> Submit(std::unique_ptr<Job> job) override {
    if (settings_.refuse) return std::unexpected(*settings_.refuse);
    worker_ = std::jthread([this, job = std::move(job), last = std::move(worker_)]() mutable {
      if (last.joinable()) last.join();
      Run(0, *job);
      job.reset();
    });
    return {};
  }
  /// Waits for the jobs that were submitted.
  void Finish() {
    if (worker_.joinable()) worker_.join();
  }
  Statistics& statistics() override { return statistics_; }

 private:
  std::unique_ptr<ModelEngine> engine_;
  Settings settings_;
  std::unique_ptr<Runner> runner_;
  Statistics statistics_;
  std::jthread worker_;  ///< Last: it uses the others.
};

}  // namespace edgewise::score::test
