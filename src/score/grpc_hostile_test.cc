#include "score/grpc_hostile_test.h"

#include <functional>

namespace edgewise::score {
namespace {

using testing::HasSubstr;

TEST_F(GrpcHostileTest, MessagesThatAreNoneAreRefused) {
  std::string many_fields;
  for (int i = 0; i < 300'000; ++i) many_fields.append("\xa0\x06\x01", 3);
  const std::vector<std::pair<std::string, std::string>> cases{
      {"varint of 11 bytes", "\x48" + std::string(10, '\xff') + '\1'},
      {"length beyond the end", std::string("\x0a\xff\xff\xff\xff\x07") + "abcd"},
      {"length of 2^64-1", "\x0a" + std::string(9, '\xff') + '\1'},
      {"group end without start", "\x4c"},
      {"group without end", "\x4b"},
      {"groups 10,000 deep", std::string(10'000, '\x4b')},
      {"field number 0", std::string("\0\0", 2)},
      {"wire type 7", "\x0f"},
      {"name as a number", "\x08\1"},
      {"input that is cut off", "\x2a\x05\x0a\x20"},
      {"id that is no UTF-8", "\x1a\2\xc3\x28"},
  };
  for (const auto& [what, bytes] : cases) {
    const auto status = Send("/inference.GRPCInferenceService/ModelInfer", bytes);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << what << ": " << status.error_message();
  }
  EXPECT_EQ(Send("/inference.GRPCInferenceService/ModelInfer", many_fields).error_code(), grpc::StatusCode::NOT_FOUND);  // of model ""
  for (const char* method : {"ModelReady", "ModelMetadata", "ModelConfig", "ModelStatistics", "RepositoryIndex", "RepositoryModelLoad"}) {
    EXPECT_EQ(Send(std::string("/inference.GRPCInferenceService/") + method, "\x0a\x7f").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  EXPECT_EQ(Send("/grpc.health.v1.Health/Check", "\x0a\x7f").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Send("/inference.GRPCInferenceService/Nothing", "").error_code(), grpc::StatusCode::UNIMPLEMENTED);
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, TensorsThatLieAreRefusedWithTheirName) {
  struct Case {
    std::string says;
    std::function<void(inference::ModelInferRequest&)> change;
  };
  const auto shape = [](std::vector<std::int64_t> axes) {
    return [axes](inference::ModelInferRequest& request) {
      request.mutable_inputs(0)->clear_shape();
      for (const auto axis : axes) request.mutable_inputs(0)->add_shape(axis);
    };
  };
  const std::vector<Case> cases{
      {"shape [1099511627776,3]", shape({1LL << 40, 3})},
      {"[-1,3]", shape({-1, 3})},
      {"shape [0,3]: every axis must be 1 or more",
       [&](auto& request) { shape({0, 3})(request), request.mutable_inputs(0)->clear_contents(), request.clear_raw_input_contents(); }},
      {"expected [-1,3]", shape({3})},
      {"expected [-1,3]", shape({1, 4})},
      {"expected [-1,3]", shape({INT64_MAX, INT64_MAX})},
      {"an input cannot be read", shape(std::vector<std::int64_t>(65, 1))},
      {"input \"features\"", shape({2, 3})},
      {"datatype FP64, expected FP32", [](auto& request) { request.mutable_inputs(0)->set_datatype("FP64"); }},
      {"datatype \"float\"", [](auto& request) { request.mutable_inputs(0)->set_datatype("float"); }},
      {"no input \"x\"; its inputs are \"features\"", [](auto& request) { request.mutable_inputs(0)->set_name("x"); }},
      {"\"features\" of model \"sum\" is missing", [](auto& request) { request.clear_inputs(), request.clear_raw_input_contents(); }},
      {"more than 4096 inputs",
       [](auto& request) {
         for (int i = 0; i < 10'000; ++i) request.add_inputs();
       }},
      {"more than 4096 outputs",
       [](auto& request) {
         for (int i = 0; i < 10'000; ++i) request.add_outputs()->set_name("sum");
       }},
      {"asked for twice", [](auto& request) { request.add_outputs()->set_name("sum"), request.add_outputs()->set_name("sum"); }},
      {"no output \"max\"", [](auto& request) { request.add_outputs()->set_name("max"); }},
      {"\"classification\"", [](auto& request) { (*request.add_outputs()->mutable_parameters())["classification"].set_int64_param(3); }},
      {"\"shared_memory_region\"",
       [](auto& request) { (*request.mutable_inputs(0)->mutable_parameters())["shared_memory_region"].set_string_param("r"); }},
  };
  for (const auto& [says, change] : cases) {
    for (auto request : {SumRequest(), RawSumRequest()}) {
      change(request);
      const auto status = Infer(request);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << says;
      EXPECT_THAT(status.error_message(), HasSubstr(says));
    }
  }
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, ContentsThatLieAreRefused) {
  auto request = RawSumRequest();
  for (const std::size_t size : {0U, 1U, 11U, 13U, 24U}) {
    request.set_raw_input_contents(0, std::string(size, '\1'));
    EXPECT_THAT(Infer(request).error_message(), HasSubstr("but shape [1,3] of FP32 needs 12"));
  }
  request = RawSumRequest();
  request.add_raw_input_contents("more");
  EXPECT_THAT(Infer(request).error_message(), HasSubstr("2 raw_input_contents and 1 inputs"));
  request = RawSumRequest();
  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  EXPECT_THAT(Infer(request).error_message(), HasSubstr("contents beside raw_input_contents"));
  for (const int count : {0, 2, 4, 100'000}) {
    request = SumRequest();
    request.mutable_inputs(0)->mutable_contents()->mutable_fp32_contents()->Resize(count, 1.0F);
    EXPECT_THAT(Infer(request).error_message(), HasSubstr("does not hold the 3 values of shape [1,3]"));
  }
  request = SumRequest();
  (*request.mutable_parameters())[std::string(500'000, 'k')].set_bool_param(true);  // strange, and nobody's business
  EXPECT_TRUE(Infer(request).ok());
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, ParametersAreCheckedAsOverHttp) {
  using Parameter = inference::InferParameter;
  const std::vector<std::function<void(Parameter&)>> no_counts{
      [](Parameter& timeout) { timeout.set_string_param("1000"); },  // a second, and no number
      [](Parameter& timeout) { timeout.set_int64_param(-1); },      [](Parameter& timeout) { timeout.set_double_param(1e6); },
      [](Parameter& timeout) { timeout.set_bool_param(true); },     [](Parameter&) {},
  };
  for (const auto& set : no_counts) {
    auto request = SumRequest();
    set((*request.mutable_parameters())["timeout"]);
    const auto status = Infer(request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(status.error_message(), "parameter \"timeout\" must be a whole number from 0");
  }
  for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{60'000'000}, UINT64_MAX}) {
    auto request = SumRequest();
    (*request.mutable_parameters())["timeout"].set_uint64_param(count);
    EXPECT_TRUE(Infer(request).ok()) << count;
  }
  for (const char* name : {"classification", "shared_memory_offset"}) {
    auto request = SumRequest();
    (*request.mutable_parameters())[name].set_int64_param(3);
    EXPECT_THAT(Infer(request).error_message(), HasSubstr("belongs to an extension that is not offered here")) << name;
  }
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, MessagesOverTheLimitAreRefused) {
  auto request = SumRequest();
  request.set_id(std::string(2u << 20, 'x'));
  EXPECT_EQ(Infer(request).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, CompressedBombsAreUnpackedNoFurtherThanTheLimit) {
  const auto bomb = Gzip(std::string(12u << 20, '\0'));
  ASSERT_LT(bomb.size(), 16'384U);
  const frames::Fields gzip{{"grpc-encoding", "gzip"}};
  const std::vector<std::pair<std::string, std::string>> cases{{bomb, "8"}, {"no gzip at all", "3"}, {bomb.substr(0, 100), "3"}, {"", "3"}};
  for (const auto& [bytes, status] : cases) {
    const auto raw = Raw();
    raw->Send(frames::Request(1, bytes, gzip, true));
    EXPECT_TRUE(raw->Gets("grpc-status\1" + status)) << bytes.size() << " bytes, " << status;
  }
  const auto raw = Raw();
  raw->Send(frames::Request(1, "in no encoding that is known here", {{"grpc-encoding", "br"}}, true));
  EXPECT_TRUE(
      raw->Gets("grpc-status\1"
                "3"));
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, StrangeMetadataHarmsNobody) {
  const std::vector<frames::Fields> cases{
      {{"grpc-timeout", "-1S"}},
      {{"grpc-timeout", std::string(99, '9') + "S"}},
      {{"grpc-timeout", "1X"}},
      {{"grpc-timeout", ""}},
      {{"grpc-timeout", "99999999H"}},
      {{"x-bin", "!!! no base64"}},
      {{"traceparent", "00-00000000000000000000000000000000-0000000000000000-00"}},
      {{"traceparent", std::string(8'000, 'f')}},
      {{"x-sticky-key", std::string(8'000, '\xff')}},
      {{"content-length", "-5"}},
      {{"te", "gzip"}},
  };
  for (const auto& more : cases) {
    const auto raw = Raw();
    raw->Send(frames::Request(1, SumRequest().SerializeAsString(), more));
    raw->Send(frames::Frame(frames::kPing, 0, 0, "12345678"));
    EXPECT_TRUE(raw->Gets("12345678") || raw->GetsClosed()) << more[0].first << ": " << more[0].second;
  }
  grpc::ClientContext context;
  context.AddMetadata("x-sticky-key", std::string(8'000, 'k'));
  inference::ModelInferResponse response;
  EXPECT_TRUE(stub_->ModelInfer(&context, SumRequest(), &response).ok());
  EXPECT_EQ(repository_.last_sticky().size(), 8'000U);
  const auto raw = Raw();
  raw->Send(frames::Request(1, SumRequest().SerializeAsString(), {{"x", std::string(100'000, 'x')}}));
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, MetadataOverTheLimitIsRefused) {
  BeginWith({.metadata_bytes = 1024});
  const auto raw = Raw();
  raw->Send(frames::Request(1, SumRequest().SerializeAsString(), {{"x", std::string(2'000, 'x')}}));
  EXPECT_TRUE(
      raw->Gets("grpc-status\1"
                "8"));
  ExpectUnharmed();
}

TEST_F(GrpcHostileTest, BytesThatAreNoHttp2AreClosed) {
  const std::vector<std::string> cases{
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(512, '\7'),
      std::string(100'000, '\xff'),
      frames::Preface() + std::string(1'000, '\xff'),
      frames::Preface() + frames::Frame(frames::kSettings, 0, 0, "12345"),
      frames::Preface() + frames::Frame(frames::kContinuation, 0, 1, "x"),
      frames::Preface() + frames::Frame(frames::kWindowUpdate, 0, 0, frames::Big(0, 4)),
      "",  // silent: not for longer than the handshake may take
  };
  for (const auto& bytes : cases) {
    RawConnection raw(server_->address());
    raw.Send(bytes);
    EXPECT_TRUE(raw.GetsClosed()) << testing::PrintToString(bytes.substr(0, 60));
  }
  ExpectUnharmed();
}

}  // namespace
}  // namespace edgewise::score
