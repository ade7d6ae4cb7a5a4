#pragma once

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "health.grpc.pb.h"
#include "open_inference.grpc.pb.h"
#include "score/grpc_server.h"
#include "score/test_repository_test.h"

namespace edgewise::score {

/// A server with the model "sum" (features FP32 [-1,3] -> sum), and a client of it.
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
