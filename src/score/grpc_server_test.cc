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

TEST_F(GrpcServerTest, ScoresOnWorkersWhatIsTooSlowForItsOwnThread) {
  sum_->runs_inline = false;
  for (int i = 0; i < 20; ++i) ExpectScores();
}

TEST_F(GrpcServerTest, LoadsAColdModelForTheRequestThatNeedsIt) {
  repository_.SetCold("sum");
  ExpectScores();
  repository_.SetCold("sum");
  grpc::ClientContext context;
  inference::ModelMetadataRequest request;
  request.set_name("sum");
  inference::ModelMetadataResponse response;
  ASSERT_TRUE(stub_->ModelMetadata(&context, request, &response).ok());
  EXPECT_EQ(response.platform(), "onnx_onnxv1");
  EXPECT_THAT(response.inputs(0).shape(), ElementsAre(-1, 3));
}

TEST_F(GrpcServerTest, StopsWithCallsInFlight) {
  sum_->runs_inline = false;
  sum_->engine->Hold();
  std::thread client([this] { EXPECT_TRUE(Infer(SumRequest()).ok()); });
  EXPECT_TRUE(sum_->engine->WaitUntilHeld(1, Deadline::After(std::chrono::seconds(30))));
  std::thread stop([this] { server_->Stop(); });
  sum_->engine->Release();
  stop.join();
  client.join();
}

}  // namespace
}  // namespace edgewise::score
