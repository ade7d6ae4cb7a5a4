#include "score/grpc_fixture_test.h"

namespace edgewise::score {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Stub = inference::GRPCInferenceService::Stub;

/// Calls a method that must succeed.
template <class Request, class Answer>
Answer Ask(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Answer*), const Request& request) {
  grpc::ClientContext context;
  Answer answer;
  const auto status = (stub.*method)(&context, request, &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return answer;
}
template <class Request, class Answer>
grpc::StatusCode CodeOf(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Answer*), const Request& request) {
  grpc::ClientContext context;
  Answer answer;
  return (stub.*method)(&context, request, &answer).error_code();
}

class GrpcModelsTest : public GrpcServerTest {
 protected:
  template <class Request>
  static Request Named(const std::string& name, const std::string& version = "") {
    Request request;
    request.set_name(name);
    request.set_version(version);
    return request;
  }
};

TEST_F(GrpcModelsTest, SaysWhatIsLiveAndReady) {
  EXPECT_TRUE(Ask(*stub_, &Stub::ServerLive, {}).live());
  EXPECT_TRUE(Ask(*stub_, &Stub::ServerReady, {}).ready());
  repository_.is_ready = false;
  EXPECT_FALSE(Ask(*stub_, &Stub::ServerReady, {}).ready());
  EXPECT_TRUE(Ask(*stub_, &Stub::ModelReady, Named<inference::ModelReadyRequest>("sum")).ready());
  EXPECT_TRUE(Ask(*stub_, &Stub::ModelReady, Named<inference::ModelReadyRequest>("sum", "1")).ready());
  EXPECT_EQ(CodeOf(*stub_, &Stub::ModelReady, Named<inference::ModelReadyRequest>("sum", "9")), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(CodeOf(*stub_, &Stub::ModelReady, Named<inference::ModelReadyRequest>("no")), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GrpcModelsTest, NamesItselfAndWhatItCanDo) {
  const auto server = Ask(*stub_, &Stub::ServerMetadata, {});
  EXPECT_EQ(server.name(), "edgewise");
  EXPECT_THAT(server.extensions(), testing::Contains("statistics"));
}

TEST_F(GrpcModelsTest, DescribesAModelToThoseWhoReadTritonsConfiguration) {
  const auto answer = Ask(*stub_, &Stub::ModelConfig, Named<inference::ModelConfigRequest>("sum"));
  EXPECT_EQ(answer.config().platform(), "onnxruntime_onnx");  // as REST says
  EXPECT_EQ(answer.config().version_policy().latest().num_versions(), 1U);
  EXPECT_EQ(answer.config().max_batch_size(), 1000);
  EXPECT_EQ(answer.config().input(0).data_type(), inference::TYPE_FP32);
  EXPECT_THAT(answer.config().input(0).dims(), ElementsAre(3));  // the batch's axis is not among them
  EXPECT_THAT(answer.config().output(0).dims(), ElementsAre(1));
}

TEST_F(GrpcModelsTest, CountsWhatAModelDid) {
  ExpectScores();
  ExpectScores();
  for (const auto& request : {Named<inference::ModelStatisticsRequest>("sum"), inference::ModelStatisticsRequest()}) {
    const auto answer = Ask(*stub_, &Stub::ModelStatistics, request);
    ASSERT_EQ(answer.model_stats_size(), 1);
    const auto& statistics = answer.model_stats(0);
    EXPECT_EQ(statistics.inference_count(), 2U);
    EXPECT_EQ(statistics.inference_stats().success().count(), 2U);
    EXPECT_GT(statistics.inference_stats().success().ns(), 0U);
    EXPECT_TRUE(statistics.inference_stats().has_cache_hit());
    EXPECT_TRUE(statistics.inference_stats().has_cache_miss());
  }
  EXPECT_EQ(repository_.finds(), 2) << "to look at a model's statistics is no use of it";
  repository_.SetCold("sum");
  EXPECT_EQ(Ask(*stub_, &Stub::ModelStatistics, Named<inference::ModelStatisticsRequest>("sum")).model_stats_size(), 0);
  EXPECT_EQ(CodeOf(*stub_, &Stub::ModelStatistics, Named<inference::ModelStatisticsRequest>("no")), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GrpcModelsTest, UnloadsAndLoadsWhatTheIndexLists) {
  inference::RepositoryModelUnloadRequest unload;
  unload.set_model_name("sum");
  Ask(*stub_, &Stub::RepositoryModelUnload, unload);
  auto index = Ask(*stub_, &Stub::RepositoryIndex, {});
  ASSERT_EQ(index.models_size(), 1);
  EXPECT_EQ(index.models(0).state(), "UNAVAILABLE");
  EXPECT_EQ(index.models(0).reason(), "unloaded");
  inference::RepositoryIndexRequest ready;
  ready.set_ready(true);
  EXPECT_EQ(Ask(*stub_, &Stub::RepositoryIndex, ready).models_size(), 0);
  EXPECT_FALSE(Ask(*stub_, &Stub::ModelReady, Named<inference::ModelReadyRequest>("sum")).ready());
  inference::RepositoryModelLoadRequest load;
  load.set_model_name("sum");
  Ask(*stub_, &Stub::RepositoryModelLoad, load);
  ExpectScores();
  for (const char* name : {"config", "file:1/model.onnx"}) {
    (*load.mutable_parameters())[name].set_string_param("{}");
    EXPECT_EQ(CodeOf(*stub_, &Stub::RepositoryModelLoad, load), grpc::StatusCode::UNIMPLEMENTED);
    load.clear_parameters();
  }
  (*load.mutable_parameters())["other"].set_bool_param(true);  // nobody's business, as over HTTP
  Ask(*stub_, &Stub::RepositoryModelLoad, load);
  load.clear_parameters();
  load.set_model_name("no");
  EXPECT_EQ(CodeOf(*stub_, &Stub::RepositoryModelLoad, load), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GrpcModelsTest, ChecksHealthOfTheServerAndOfModels) {
  const auto health = grpc::health::v1::Health::NewStub(channel_);
  const auto check = [&](const std::string& service) {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    const auto status = health->Check(&context, request, &response);
    return status.ok() ? std::to_string(response.status()) : std::to_string(status.error_code()) + "!";
  };
  EXPECT_EQ(check(""), "1");
  EXPECT_EQ(check("inference.GRPCInferenceService"), "1");
  EXPECT_EQ(check("sum"), "1");
  EXPECT_EQ(check("no"), "5!");
  repository_.is_ready = false;
  EXPECT_EQ(check(""), "2");
}

TEST_F(GrpcModelsTest, TellsAWatcherWhenHealthChanges) {
  const auto health = grpc::health::v1::Health::NewStub(channel_);
  grpc::ClientContext context;
  const auto watch = health->Watch(&context, {});
  grpc::health::v1::HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
  repository_.is_ready = false;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
  server_->Stop();  // does not wait for watchers
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcModelsTest, TellsAWatcherThoughOthersKeepTheServerBusy) {
  const auto health = grpc::health::v1::Health::NewStub(channel_);
  grpc::ClientContext context;
  const auto watch = health->Watch(&context, {});
  grpc::health::v1::HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  std::atomic<bool> told{false};
  std::vector<std::thread> others;
  for (int i = 0; i < 4; ++i) {
    others.emplace_back([&] {
      const auto deadline = Deadline::After(std::chrono::seconds(60));
      while (!told && !deadline.Expired()) EXPECT_TRUE(Infer(SumRequest()).ok());
      EXPECT_TRUE(told);
    });
  }
  repository_.is_ready = false;
  EXPECT_TRUE(watch->Read(&response));
  told = true;
  for (auto& other : others) other.join();
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
}

TEST_F(GrpcModelsTest, OutlivesWatchersThatLeave) {
  const auto health = grpc::health::v1::Health::NewStub(channel_);
  for (int i = 0; i < 50; ++i) {
    grpc::ClientContext context;
    const auto watch = health->Watch(&context, {});
    grpc::health::v1::HealthCheckResponse response;
    ASSERT_TRUE(watch->Read(&response));
    context.TryCancel();
    EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  ExpectScores();
}

}  // namespace
}  // namespace edgewise::score
