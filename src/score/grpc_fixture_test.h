#pragma once

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "health.grpc.pb.h"
#include "open_inference.grpc.pb.h"
#include "score/detail/side_thread.h"
#include "score/fake_model_engine.h"
#include "score/grpc_server.h"

namespace edgewise::score {

/// A version over a FakeModelEngine: runs where it is told, or on a thread of its own.
class TestVersion final : public ModelVersion {
 public:
  TestVersion(std::string model, std::shared_ptr<FakeModelEngine> made) : engine(std::move(made)), model_(std::move(model)) {
    for (int i = 0; i < 4; ++i) runners_.push_back(engine->MakeRunner().value());
  }
  const std::string& model() const override { return model_; }
  const std::string& version() const override { return version_; }
  const Signature& signature() const override { return engine->signature(); }
  const std::optional<feature::Program>& program() const override { return program_; }
  NotANumber not_a_number() const override { return NotANumber::kNull; }
  std::size_t max_rows() const override { return 1000; }
  bool RunsInline(std::size_t /*rows*/) const override { return runs_inline; }
  void Run(std::size_t thread, Job& job) override { RunWith(*runners_.at(thread), job); }
  Result<void> Submit(std::unique_ptr<Job> job) override {
    ++submitted;
    if (full) return Fail(Code::kResourceExhausted, "the queue of model \"" + model_ + "\" is full: try again later");
    const std::shared_ptr<Job> shared = std::move(job);
    if (!worker_.Do([this, shared] { RunWith(*runners_.back(), *shared); })) return Fail(Code::kResourceExhausted, "queue full");
    return {};
  }
  Statistics& statistics() override { return statistics_; }
  /// Of the job that ran last.
  Deadline last_deadline() const {
    auto left = last_deadline_.load();
    return left == Deadline::Never().time() ? Deadline::Never() : Deadline::After(left - Deadline::Clock::now());
  }

  std::shared_ptr<FakeModelEngine> engine;
  std::atomic<bool> runs_inline{true};
  std::atomic<bool> full{false};
  std::atomic<int> submitted{0};

 private:
  void RunWith(Runner& runner, Job& job) {
    last_deadline_ = job.deadline.time();
    if (job.deadline.Expired()) return job.Done(Fail(Code::kDeadlineExceeded, "too late"));
    statistics_.rows += job.rows;
    ++statistics_.executions;
    job.Done(runner.Run(job.inputs, job.outputs));
  }

  std::string model_;
  std::string version_ = "1";
  std::optional<feature::Program> program_;
  std::atomic<Deadline::Clock::time_point> last_deadline_{Deadline::Never().time()};
  std::vector<std::unique_ptr<Runner>> runners_;
  Statistics statistics_;
  detail::SideThread worker_;
};

class TestRepository final : public ModelRepository {
 public:
  std::shared_ptr<TestVersion> Add(const std::string& model, std::shared_ptr<FakeModelEngine> engine) {
    return models_[model] = std::make_shared<TestVersion>(model, std::move(engine));
  }
  Result<Choice> Find(std::string_view model, std::string_view version, std::string_view sticky) override {
    const std::lock_guard lock(mutex_);
    last_sticky_ = sticky;
    const std::string name(model);
    if (cold_.contains(name)) return Fail(Code::kAborted, "cold");
    if (unloaded_.contains(name)) return Fail(Code::kUnavailable, "model \"" + name + "\" is not loaded");
    const auto found = models_.find(name);
    if (found == models_.end()) return Fail(Code::kNotFound, "no model \"" + name + "\"");
    if (!version.empty() && version != "1") return Fail(Code::kNotFound, "model \"" + name + "\" has no version " + std::string(version));
    return Choice{found->second, nullptr};
  }
  void Warm(std::string model, std::function<void(Result<void>)> then) override {
    side_.Do([this, model, then] {
      {
        const std::lock_guard lock(mutex_);
        cold_.erase(model);
      }
      then({});
    });
  }
  Result<void> Load(std::string_view model) override { return Change(model, false); }
  Result<void> Unload(std::string_view model) override { return Change(model, true); }
  std::vector<Entry> Index() const override {
    const std::lock_guard lock(mutex_);
    std::vector<Entry> entries;
    for (const auto& [name, version] : models_) {
      const bool away = unloaded_.contains(name);
      entries.push_back({name, "1", away ? "UNAVAILABLE" : "READY", away ? "unloaded" : ""});
    }
    return entries;
  }
  bool ready() const override { return is_ready; }

  void SetCold(const std::string& model) {
    const std::lock_guard lock(mutex_);
    cold_.insert(model);
  }
  std::string last_sticky() const {
    const std::lock_guard lock(mutex_);
    return last_sticky_;
  }
  std::atomic<bool> is_ready{true};

 private:
  Result<void> Change(std::string_view model, bool away) {
    const std::lock_guard lock(mutex_);
    const std::string name(model);
    if (!models_.contains(name)) return Fail(Code::kNotFound, "no model \"" + name + "\"");
    away ? (void)unloaded_.insert(name) : (void)unloaded_.erase(name);
    return {};
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<TestVersion>> models_;
  std::set<std::string> cold_, unloaded_;
  std::string last_sticky_;
  detail::SideThread side_;
};

/// A server with two models: "sum" (features FP32 [-1,3] -> sum) and "echo" (an input of each datatype).
class GrpcServerTest : public testing::Test {
 protected:
  GrpcServerTest() {
    sum_ = repository_.Add("sum", std::make_shared<FakeModelEngine>(3));
    Begin({});
  }
  ~GrpcServerTest() override {
    if (server_) server_->Stop();
  }

  void Begin(GrpcServer::Options options) {
    stub_.reset();
    server_.reset();
    auto server = GrpcServer::Start(repository_, std::move(options));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    Connect();
  }
  /// A connection of its own: gRPC would share one.
  std::shared_ptr<grpc::Channel> Channel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(-1);
    return grpc::CreateCustomChannel(server_->address(), grpc::InsecureChannelCredentials(), arguments);
  }
  void Connect() {
    channel_ = Channel();
    stub_ = inference::GRPCInferenceService::NewStub(channel_);
  }

  /// One row for "sum", typed.
  static inference::ModelInferRequest SumRequest() {
    inference::ModelInferRequest request;
    request.set_model_name("sum");
    request.set_id("r1");
    auto& input = *request.add_inputs();
    input.set_name("features");
    input.set_datatype("FP32");
    input.add_shape(1);
    input.add_shape(3);
    for (const float value : {1.0F, 2.0F, 4.0F}) input.mutable_contents()->add_fp32_contents(value);
    return request;
  }
  static inference::ModelInferRequest RawSumRequest() {
    auto request = SumRequest();
    const std::vector<float> values{1, 2, 4};
    request.mutable_inputs(0)->clear_contents();
    request.add_raw_input_contents(reinterpret_cast<const char*>(values.data()), 12);
    return request;
  }
  grpc::Status Infer(const inference::ModelInferRequest& request, inference::ModelInferResponse& response) const {
    grpc::ClientContext context;
    return stub_->ModelInfer(&context, request, &response);
  }
  grpc::Status Infer(const inference::ModelInferRequest& request) const {
    inference::ModelInferResponse response;
    return Infer(request, response);
  }
  /// The next honest request works.
  void ExpectScores() const {
    inference::ModelInferResponse response;
    const auto status = Infer(SumRequest(), response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(response.outputs_size(), 1);
    EXPECT_THAT(response.outputs(0).contents().fp32_contents(), testing::ElementsAre(7.0F));
  }

  TestRepository repository_;
  std::shared_ptr<TestVersion> sum_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
};

}  // namespace edgewise::score
