#include "score/grpc_server.h"

#include "score/grpc_fixture_test.h"

namespace edgewise::score {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(GrpcServerTest, ScoresTypedContentsAndAnswersInKind) {
  inference::ModelInferResponse response;
  const auto status = Infer(SumRequest(), response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.model_name(), "sum");
  EXPECT_EQ(response.model_version(), "1");
  EXPECT_EQ(response.id(), "r1");
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_EQ(response.outputs(0).name(), "sum");
  EXPECT_EQ(response.outputs(0).datatype(), "FP32");
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(1, 1));
  EXPECT_THAT(response.outputs(0).contents().fp32_contents(), ElementsAre(7.0F));
  EXPECT_EQ(response.raw_output_contents_size(), 0);
}

TEST_F(GrpcServerTest, ScoresRawContentsAndAnswersInKind) {
  inference::ModelInferResponse response;
  const auto status = Infer(RawSumRequest(), response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.raw_output_contents_size(), 1);
  float value = 0;
  ASSERT_EQ(response.raw_output_contents(0).size(), sizeof value);
  std::memcpy(&value, response.raw_output_contents(0).data(), sizeof value);
  EXPECT_EQ(value, 7.0F);
  EXPECT_FALSE(response.outputs(0).has_contents());
}

TEST_F(GrpcServerTest, TakesAVersionAndAnOutputByName) {
  auto request = SumRequest();
  request.set_model_version("1");
  request.add_outputs()->set_name("sum");
  EXPECT_TRUE(Infer(request).ok());
  request.set_model_version("2");
  EXPECT_EQ(Infer(request).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GrpcServerTest, ScoresOnWorkersWhatIsTooSlowForItsOwnThread) {
  sum_->runs_inline = false;
  for (int i = 0; i < 20; ++i) ExpectScores();
  EXPECT_EQ(sum_->statistics().success.count, 20U);
}

TEST_F(GrpcServerTest, LoadsAColdModelForTheRequestThatNeedsIt) {
  repository_.SetCold("sum");
  ExpectScores();
  repository_.SetCold("sum");
  inference::ModelMetadataRequest request;
  request.set_name("sum");
  inference::ModelMetadataResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->ModelMetadata(&context, request, &response).ok());
  EXPECT_EQ(response.platform(), "onnx_onnxv1");
  EXPECT_THAT(response.versions(), ElementsAre("1"));
  EXPECT_THAT(response.inputs(0).shape(), ElementsAre(-1, 3));
}

TEST_F(GrpcServerTest, KeepsABoundedNumberOfBytesForColdModels) {
  const auto request = SumRequest();
  GrpcServer::Options options;
  options.limits.cold_bytes = 2 * request.ByteSizeLong() - 1;
  Begin(options);
  for (int round = 0; round < 3; ++round) {
    repository_.SetCold("sum");
    repository_.may_warm = false;
    repository_.warming = 0;
    std::thread first([&] { EXPECT_TRUE(Infer(request).ok()); });
    const auto deadline = Deadline::After(std::chrono::seconds(60));
    while (repository_.warming == 0 && !deadline.Expired()) std::this_thread::yield();
    EXPECT_EQ(Infer(request).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    inference::ModelMetadataRequest metadata;  // small: waits, too
    metadata.set_name("sum");
    inference::ModelMetadataResponse response;
    grpc::ClientContext context;
    grpc::Status status;
    std::thread second([&] { status = stub_->ModelMetadata(&context, metadata, &response); });
    while (repository_.warming == 1 && !deadline.Expired()) std::this_thread::yield();
    repository_.may_warm = true;
    repository_.may_warm.notify_all();
    first.join();
    second.join();
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
}

TEST_F(GrpcServerTest, SaysWhatFailedInTheCodeThatIsItsOwn) {
  auto unknown = SumRequest();
  unknown.set_model_name("sun");
  EXPECT_EQ(Infer(unknown).error_code(), grpc::StatusCode::NOT_FOUND);
  sum_->engine->FailNext({Code::kInternal, "the engine broke"});
  EXPECT_EQ(Infer(SumRequest()).error_code(), grpc::StatusCode::INTERNAL);
  sum_->runs_inline = false;
  sum_->full = true;
  EXPECT_EQ(Infer(SumRequest()).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  sum_->full = false;
  ASSERT_TRUE(repository_.Unload("sum"));
  EXPECT_EQ(Infer(SumRequest()).error_code(), grpc::StatusCode::UNAVAILABLE);
  ASSERT_TRUE(repository_.Load("sum"));
  EXPECT_EQ(sum_->statistics().fail.count, 2U);  // those that reached it
  ExpectScores();
}

TEST_F(GrpcServerTest, HandsTheClientsDeadlineToTheJob) {
  GrpcServer::Options patient;
  patient.score_limit = std::chrono::hours(24);
  Begin(patient);
  ExpectScores();
  EXPECT_LE(sum_->last_deadline().Left(), std::chrono::hours(24));
  EXPECT_GE(sum_->last_deadline().Left(), std::chrono::hours(23));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  inference::ModelInferResponse response;
  ASSERT_TRUE(stub_->ModelInfer(&context, SumRequest(), &response).ok());
  EXPECT_LE(sum_->last_deadline().Left(), std::chrono::minutes(70));  // clients round up
  EXPECT_GE(sum_->last_deadline().Left(), std::chrono::minutes(50));
  auto request = SumRequest();
  (*request.mutable_parameters())["timeout"].set_int64_param(60'000'000);
  ASSERT_TRUE(Infer(request).ok());
  EXPECT_LE(sum_->last_deadline().Left(), std::chrono::minutes(1));
}

TEST_F(GrpcServerTest, LetsNoClientTakeLongerThanTheLimit) {
  GrpcServer::Options options;
  options.score_limit = std::chrono::minutes(10);
  Begin(options);
  ExpectScores();  // without a deadline
  EXPECT_LE(sum_->last_deadline().Left(), std::chrono::minutes(10));
  for (const auto hours : {1, 200'000}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::hours(hours));
    inference::ModelInferResponse response;
    ASSERT_TRUE(stub_->ModelInfer(&context, SumRequest(), &response).ok());
    EXPECT_LE(sum_->last_deadline().Left(), std::chrono::minutes(10));
    EXPECT_GE(sum_->last_deadline().Left(), std::chrono::minutes(5));
  }
  grpc::ClientContext context;
  const auto stream = stub_->ModelStreamInfer(&context);
  ASSERT_TRUE(stream->Write(SumRequest()));
  inference::ModelStreamInferResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_LE(sum_->last_deadline().Left(), std::chrono::minutes(10));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GrpcServerTest, DoesNotRunWhatIsTooLate) {
  sum_->runs_inline = false;
  sum_->engine->Hold();
  std::thread first([this] { EXPECT_TRUE(Infer(SumRequest()).ok()); });
  ASSERT_TRUE(sum_->engine->WaitUntilHeld(1, Deadline::After(std::chrono::seconds(60))));
  auto request = SumRequest();
  (*request.mutable_parameters())["timeout"].set_int64_param(1);
  std::thread second([&] { EXPECT_EQ(Infer(request).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED); });
  sum_->engine->Release();
  first.join();
  second.join();
  EXPECT_EQ(sum_->engine->runs().size(), 1U);
}

TEST_F(GrpcServerTest, ContinuesATraceAndKeepsAStickyKey) {
  grpc::ClientContext context;
  context.AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  context.AddMetadata("x-sticky-key", "customer-7");
  inference::ModelInferResponse response;
  ASSERT_TRUE(stub_->ModelInfer(&context, SumRequest(), &response).ok());
  EXPECT_EQ(repository_.last_sticky(), "customer-7");
  const auto found = context.GetServerInitialMetadata().find("traceparent");
  ASSERT_NE(found, context.GetServerInitialMetadata().end());
  const std::string answer(found->second.data(), found->second.size());
  EXPECT_THAT(answer, testing::MatchesRegex("00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("b7ad6b7169203331")));
}

TEST_F(GrpcServerTest, UnpacksCompressedRequestsAndPacksTheirAnswers) {
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    auto request = SumRequest();
    request.mutable_inputs(0)->set_shape(0, 900);
    request.mutable_inputs(0)->clear_contents();
    for (int i = 0; i < 2700; ++i) request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    inference::ModelInferResponse response;
    const auto status = stub_->ModelInfer(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.outputs(0).contents().fp32_contents(899), 3.0F);
  }
}

TEST_F(GrpcServerTest, AnswersAStreamInOrderAndGoesOnAfterAnError) {
  grpc::ClientContext context;
  const auto stream = stub_->ModelStreamInfer(&context);
  auto wrong = SumRequest();
  wrong.mutable_inputs(0)->set_name("fetures");
  for (const auto& request : {SumRequest(), wrong, RawSumRequest()}) ASSERT_TRUE(stream->Write(request));
  stream->WritesDone();
  inference::ModelStreamInferResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.error_message(), "");
  EXPECT_THAT(response.infer_response().outputs(0).contents().fp32_contents(), ElementsAre(7.0F));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_THAT(response.error_message(), HasSubstr("has no input \"fetures\"; its inputs are \"features\""));
  EXPECT_EQ(response.infer_response().id(), "r1");
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.infer_response().raw_output_contents_size(), 1);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GrpcServerTest, StopsWithCallsInFlight) {
  sum_->runs_inline = false;
  sum_->engine->Hold();
  std::thread client([this] { EXPECT_TRUE(Infer(SumRequest()).ok()); });
  EXPECT_TRUE(sum_->engine->WaitUntilHeld(1, Deadline::After(std::chrono::seconds(60))));
  std::thread stop([this] { server_->Stop(); });
  sum_->engine->Release();
  stop.join();
  client.join();
}

TEST_F(GrpcServerTest, RefusesAPortThatIsTakenAndAnAddressThatIsNone) {
  const auto start = [this](const std::string& address) {
    GrpcServer::Options options;
    options.address = {address};
    return GrpcServer::Start(repository_, options);
  };
  const auto taken = start(server_->address());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::kAlreadyExists);
  EXPECT_THAT(taken.error().message, HasSubstr(server_->address()));
  for (const char* address : {"", "127.0.0.1", ":80", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:http"}) {
    const auto none = start(address);
    ASSERT_FALSE(none) << address;
    EXPECT_EQ(none.error().code, Code::kInvalidArgument) << address;
  }
  ExpectScores();
}

}  // namespace
}  // namespace edgewise::score
