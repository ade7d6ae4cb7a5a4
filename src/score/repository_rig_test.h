#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "base/fake_files.h"
#include "score/fake_model_engine.h"
#include "score/model_repository.h"

namespace edgewise::score::test {

inline Deadline Soon() { return Deadline::After(std::chrono::seconds(60)); }

/// What became of a job.
struct Answer {
  Code code = Code::kInternal;  ///< Where `values` is empty.
  std::string message;
  std::vector<float> values;  ///< Of the first output.
  StageTimes times;
};

/// Rows of floats for a model of one input and one output, and a future of what came.
class RowsJob final : public Job {
 public:
  RowsJob(std::vector<float> values, std::size_t job_rows) : values_(std::move(values)) {
    rows = job_rows;
    shape_ = {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(values_.size() / rows)};
    inputs = {{.type = DataType::kFp32, .shape = shape_, .bytes = std::as_bytes(std::span(values_)), .strings = {}}};
    outputs = {0};
  }
  std::future<Answer> answer() { return promise_.get_future(); }
  std::function<void(const Result<std::span<const TensorView>>&)> then;  ///< Called first, on the thread that ran it; may be empty.

  void Done(const Result<std::span<const TensorView>>& result) override {
    Answer answer;
    answer.times = times;
    if (then) then(result);
    if (result) {
      const auto bytes = (*result)[0].bytes;
      answer.values.resize(bytes.size() / sizeof(float));
      std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(answer.values.data()));
    } else {
      answer.code = result.error().code;
      answer.message = result.error().message;
    }
    promise_.set_value(std::move(answer));
  }

 private:
  std::vector<float> values_;
  std::vector<std::int64_t> shape_;
  std::promise<Answer> promise_;
};

/// One row of two columns, whose sum a fake answers.
inline std::unique_ptr<RowsJob> Row(float first, float second = 0) {
  return std::make_unique<RowsJob>(std::vector<float>{first, second}, 1);
}

/// An engine that many may hold.
class SharedEngine final : public ModelEngine {
 public:
  explicit SharedEngine(std::shared_ptr<FakeModelEngine> fake) : fake_(std::move(fake)) {}
  const Signature& signature() const override { return fake_->signature(); }
  Result<std::unique_ptr<Runner>> MakeRunner() const override { return fake_->MakeRunner(); }
  std::size_t bytes() const override { return fake_->bytes(); }

 private:
  std::shared_ptr<FakeModelEngine> fake_;  // shared with the test
};

/// A folder of models in memory. "model.onnx" holds a number: the bias of a fake over two columns ("100 wide": over three). Any other text
/// is a broken model.
struct RepositoryRig {
  FakeFiles files;
  ModelRepository::Options options;

  RepositoryRig() {
    EXPECT_TRUE(files.MakeDirs("/models"));
    options.open_engine = [this](std::string_view onnx) { return OpenFake(onnx); };
  }

  void Put(const std::string& path, const std::string& text) {
    const auto file = std::filesystem::path("/models") / path;
    ASSERT_TRUE(files.MakeDirs(file.parent_path()));
    ASSERT_TRUE(files.ReplaceDurably(file, text));
  }
  std::unique_ptr<ModelRepository> Open() {
    auto repository = ModelRepository::Open(files, "/models", options);
    EXPECT_TRUE(repository) << repository.error().message;
    return repository ? std::move(*repository) : nullptr;
  }
  /// The engine of the model that holds this number; there before it is loaded, so that it can be held.
  std::shared_ptr<FakeModelEngine> Engine(std::string_view onnx) {
    const std::lock_guard lock(mutex_);
    const std::size_t columns = onnx.ends_with(" wide") ? 3 : 2;
    auto& engine = engines_[std::string(onnx)];
    float bias = 0;
    std::from_chars(onnx.data(), onnx.data() + onnx.size(), bias);
    if (engine == nullptr) engine = std::make_shared<FakeModelEngine>(columns, bias);
    return engine;
  }
  std::size_t opened() {
    const std::lock_guard lock(mutex_);
    return opened_;
  }

 private:
  Result<std::unique_ptr<ModelEngine>> OpenFake(std::string_view onnx) {
    if (onnx.empty() || onnx[0] < '0' || onnx[0] > '9') return Fail(Code::kInvalidArgument, "this is no ONNX model");
    {
      const std::lock_guard lock(mutex_);
      ++opened_;
    }
    return std::make_unique<SharedEngine>(Engine(onnx));
  }

  std::mutex mutex_;                                                 // guards both below
  std::map<std::string, std::shared_ptr<FakeModelEngine>> engines_;  // shared with the versions
  std::size_t opened_ = 0;
};

/// Scores one row on this thread by the version that the repository chooses.
inline Answer Score(ModelRepository& repository, std::string_view model, float value, std::string_view version = "",
                    std::string_view sticky = "") {
  const auto choice = repository.Find(model, version, sticky);
  if (!choice) return {.code = choice.error().code, .message = choice.error().message, .values = {}, .times = {}};
  auto job = Row(value);
  auto answer = job->answer();
  choice->version->Run(0, *job);
  return answer.get();
}

}  // namespace edgewise::score::test
