#include <cmath>
#include <functional>

#include "score/grpc_fixture_test.h"

namespace edgewise::score {
namespace {

using testing::HasSubstr;
using Input = inference::ModelInferRequest::InferInputTensor;
using Contents = inference::InferTensorContents;

/// Two values of a datatype, in both forms.
struct Case {
  std::string type;
  std::function<void(Contents&)> fill;  ///< Null: has no typed form.
  std::string raw;
};

template <class T>
std::string Raw(T first, T second) {
  const std::array values{first, second};
  return {reinterpret_cast<const char*>(values.data()), sizeof values};
}

std::vector<Case> Cases() {
  return {
      {"BOOL", [](Contents& c) { c.add_bool_contents(true), c.add_bool_contents(false); }, Raw<char>(1, 0)},
      {"INT8", [](Contents& c) { c.add_int_contents(-128), c.add_int_contents(127); }, Raw<std::int8_t>(-128, 127)},
      {"INT16", [](Contents& c) { c.add_int_contents(-32768), c.add_int_contents(7); }, Raw<std::int16_t>(-32768, 7)},
      {"INT32", [](Contents& c) { c.add_int_contents(INT32_MIN), c.add_int_contents(7); }, Raw<std::int32_t>(INT32_MIN, 7)},
      {"INT64", [](Contents& c) { c.add_int64_contents(INT64_MIN), c.add_int64_contents(7); }, Raw<std::int64_t>(INT64_MIN, 7)},
      {"UINT8", [](Contents& c) { c.add_uint_contents(255), c.add_uint_contents(0); }, Raw<std::uint8_t>(255, 0)},
      {"UINT16", [](Contents& c) { c.add_uint_contents(65535), c.add_uint_contents(1); }, Raw<std::uint16_t>(65535, 1)},
      {"UINT32", [](Contents& c) { c.add_uint_contents(UINT32_MAX), c.add_uint_contents(1); }, Raw<std::uint32_t>(UINT32_MAX, 1)},
      {"UINT64", [](Contents& c) { c.add_uint64_contents(UINT64_MAX), c.add_uint64_contents(1); }, Raw<std::uint64_t>(UINT64_MAX, 1)},
      {"FP32", [](Contents& c) { c.add_fp32_contents(-0.5F), c.add_fp32_contents(INFINITY); }, Raw<float>(-0.5F, INFINITY)},
      {"FP64", [](Contents& c) { c.add_fp64_contents(1e300), c.add_fp64_contents(-0.0); }, Raw<double>(1e300, -0.0)},
      {"FP16", nullptr, Raw<std::uint16_t>(0x3c00, 0x7bff)},
      {"BF16", nullptr, Raw<std::uint16_t>(0x3f80, 0x4000)},
      {"BYTES", [](Contents& c) { c.add_bytes_contents("UA"), c.add_bytes_contents(""); }, std::string("\2\0\0\0UA\0\0\0\0", 10)},
  };
}

class GrpcDatatypesTest : public GrpcServerTest {
 protected:
  GrpcDatatypesTest() {
    for (const auto& [type, fill, raw] : Cases()) {
      const TensorInfo info{.name = "x", .type = DataTypeOf(type).value(), .shape = {-1}};
      repository_.Add("echo_" + type, std::make_shared<FakeModelEngine>(std::vector{info}));
    }
    Begin({});
  }
  static inference::ModelInferRequest Request(const std::string& type) {
    inference::ModelInferRequest request;
    request.set_model_name("echo_" + type);
    auto& input = *request.add_inputs();
    input.set_name("x");
    input.set_datatype(type);
    input.add_shape(2);
    return request;
  }
};

TEST_F(GrpcDatatypesTest, GiveBackTypedWhatCameTyped) {
  for (const auto& [type, fill, raw] : Cases()) {
    if (!fill) continue;
    auto request = Request(type);
    fill(*request.mutable_inputs(0)->mutable_contents());
    inference::ModelInferResponse response;
    const auto status = Infer(request, response);
    ASSERT_TRUE(status.ok()) << type << ": " << status.error_message();
    EXPECT_EQ(response.outputs(0).datatype(), type);
    EXPECT_EQ(response.outputs(0).contents().SerializeAsString(), request.inputs(0).contents().SerializeAsString()) << type;
  }
}

TEST_F(GrpcDatatypesTest, GiveBackRawWhatCameRaw) {
  for (const auto& [type, fill, raw] : Cases()) {
    auto request = Request(type);
    request.add_raw_input_contents(raw);
    inference::ModelInferResponse response;
    const auto status = Infer(request, response);
    ASSERT_TRUE(status.ok()) << type << ": " << status.error_message();
    ASSERT_EQ(response.raw_output_contents_size(), 1) << type;
    EXPECT_EQ(response.raw_output_contents(0), raw) << type;
  }
}

TEST_F(GrpcDatatypesTest, SayWhichListIsRead) {
  for (const auto& [type, fill, raw] : Cases()) {
    auto request = Request(type);
    auto& contents = *request.mutable_inputs(0)->mutable_contents();
    contents.add_fp32_contents(1);
    contents.add_fp64_contents(1);
    const auto status = Infer(request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << type;
    EXPECT_THAT(status.error_message(), HasSubstr("input \"x\": ")) << type;
    EXPECT_THAT(status.error_message(), HasSubstr(fill ? "is read from" : "send raw_input_contents")) << type;
  }
}

TEST_F(GrpcDatatypesTest, RefuseValuesThatTheyCannotHold) {
  const std::vector<std::pair<std::string, std::function<void(Contents&)>>> cases{
      {"INT8", [](Contents& c) { c.add_int_contents(128), c.add_int_contents(0); }},
      {"INT16", [](Contents& c) { c.add_int_contents(-32769), c.add_int_contents(0); }},
      {"UINT8", [](Contents& c) { c.add_uint_contents(256), c.add_uint_contents(0); }},
      {"UINT16", [](Contents& c) { c.add_uint_contents(65536), c.add_uint_contents(0); }},
  };
  for (const auto& [type, fill] : cases) {
    auto request = Request(type);
    fill(*request.mutable_inputs(0)->mutable_contents());
    const auto status = Infer(request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << type;
    EXPECT_THAT(status.error_message(), HasSubstr("holds a value that " + type + " cannot"));
  }
  auto request = Request("BOOL");
  request.add_raw_input_contents("\2\1");
  EXPECT_EQ(Infer(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace edgewise::score
