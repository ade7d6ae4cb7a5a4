#include "score/detail/infer_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "score/made_version_test.h"

namespace edgewise::score::detail {
namespace {

using test::MadeVersion;

std::vector<TensorInfo> EveryType() {
  std::vector<TensorInfo> inputs;
  for (const auto* name :
       {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES"}) {
    inputs.push_back({.name = std::string("in_") + name, .type = DataTypeOf(name).value(), .shape = {-1, 2}});
  }
  return inputs;
}

class InferReaderTest : public testing::Test {
 protected:
  /// A model with one input "x" of this type, and shape [-1,2].
  static MadeVersion One(std::string_view type, std::vector<std::int64_t> shape = {-1, 2}) {
    std::vector<TensorInfo> inputs;
    inputs.push_back({.name = "x", .type = DataTypeOf(type).value(), .shape = std::move(shape)});
    return {std::make_unique<FakeModelEngine>(std::move(inputs)), {}};
  }
  static std::string Body(std::string_view type, std::string_view shape, std::string_view data) {
    return fmt::format(R"({{"inputs":[{{"name":"x","shape":{},"datatype":"{}","data":{}}}]}})", shape, type, data);
  }
  /// "" if it was read.
  std::string ErrorOf(const ModelVersion& version, std::string_view body, std::string_view json_length = "") {
    const auto read = reader_.Read(body, json_length, version, request_);
    if (read) return "";
    EXPECT_EQ(read.error().code, Code::kInvalidArgument) << read.error().message;
    return read.error().message;
  }
  template <class T>
  std::vector<T> Values(std::size_t input = 0) {
    request_.tensors.View(views_);
    std::vector<T> values(views_.at(input).bytes.size() / sizeof(T));
    std::memcpy(values.data(), views_[input].bytes.data(), views_[input].bytes.size());
    return values;
  }
  template <class T>
  void ExpectValues(std::string_view type, std::string_view data, std::vector<T> expected) {
    const auto version = One(type);
    EXPECT_EQ(ErrorOf(version, Body(type, fmt::format("[{},2]", expected.size() / 2), data)), "");
    EXPECT_EQ(Values<T>(), expected) << type;
  }

  InferReader reader_;
  InferRequest request_;
  std::vector<TensorView> views_;
};

TEST_F(InferReaderTest, EveryTypeThatJsonCanSayIsReadExactly) {
  ExpectValues<std::uint8_t>("UINT8", "[0,255]", {0, 255});
  ExpectValues<std::uint16_t>("UINT16", "[0,65535]", {0, 65535});
  ExpectValues<std::uint32_t>("UINT32", "[0,4294967295]", {0, 4294967295U});
  ExpectValues<std::uint64_t>("UINT64", "[9007199254740993,18446744073709551615]", {9007199254740993U, 18446744073709551615U});
  ExpectValues<std::int8_t>("INT8", "[-128,127]", {-128, 127});
  ExpectValues<std::int16_t>("INT16", "[-32768,32767]", {-32768, 32767});
  ExpectValues<std::int32_t>("INT32", "[-2147483648,2147483647]", {INT32_MIN, INT32_MAX});
  ExpectValues<std::int64_t>("INT64", "[-9223372036854775808,9007199254740993]", {INT64_MIN, 9007199254740993});
  ExpectValues<float>("FP32", "[1,-0.0]", {1, -0.0F});
  ExpectValues<float>("FP32", "[1e-45,3.4028235e38]", {1e-45F, 3.4028235e38F});
  ExpectValues<double>("FP64", "[1e-400,1.7976931348623157e308]", {0, 1.7976931348623157e308});
  ExpectValues<std::uint8_t>("BOOL", "[true,false]", {1, 0});
}

TEST_F(InferReaderTest, WhatDoesNotFitItsTypeIsRefused) {
  const auto refused = [&](std::string_view type, std::string_view value) {
    const auto version = One(type);
    EXPECT_NE(ErrorOf(version, Body(type, "[1,2]", fmt::format("[1,{}]", value))), "") << type << ' ' << value;
    EXPECT_NE(ErrorOf(version, Body(type, "[1,2]", fmt::format("[{},1]", value))), "") << type << ' ' << value;
  };
  for (const auto* value : {"256", "-1", "1.5", "1e1", "true", "null", "\"1\"", "[]", "{}", "NaN"}) refused("UINT8", value);
  for (const auto* value : {"18446744073709551616", "-1", "1.0"}) refused("UINT64", value);
  for (const auto* value : {"128", "-129"}) refused("INT8", value);
  for (const auto* value : {"18446744073709551616", "9223372036854775808", "1.0", "1e3"}) refused("INT64", value);
  for (const auto* value :
       {"1e400", "-1e400", "1e39", "NaN", "Infinity", "-Infinity", "nan", "null", "true", "\"1\"", "[1]", "01", "+1", ".5", "1.", "0x10"}) {
    refused("FP32", value);
  }
  for (const auto* value : {"1e400", "null", "\"NaN\""}) refused("FP64", value);
  for (const auto* value : {"7", "0", "null", "\"true\"", "tru"}) refused("BOOL", value);
  for (const auto* value : {"1", "null", "true", "[\"a\"]"}) refused("BYTES", value);
  refused("FP16", "1");
  refused("BF16", "1");
}

TEST_F(InferReaderTest, DataIsFlatOrNestedAsItsShapeSaysAndNothingBetween) {
  const auto version = One("FP32", {-1, 2, 2});
  for (const auto* data : {"[1,2,3,4,5,6,7,8]", "[[[1,2],[3,4]],[[5,6],[7,8]]]", "[ [[1 ,2],[3,4] ] , [[5,6],[7,8]]]"}) {
    EXPECT_EQ(ErrorOf(version, Body("FP32", "[2,2,2]", data)), "") << data;
    EXPECT_EQ(Values<float>(), (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8})) << data;
  }
  for (const auto* data :
       {"[]", "[[]]", "[[[]]]", "[1,2,3,4,5,6,7]", "[1,2,3,4,5,6,7,8,9]", "[[1,2,3,4],[5,6,7,8]]", "[[[1,2],[3,4]],[[5,6],[7]],8]",
        "[[[1,2],[3,4]],[[5,6],[7]]]", "[[[1,2,3],[4]],[[5,6],[7,8]]]", "[[[1,2],[3,4]]]", "[[[1,2],[3,4]],[[5,6],[7,8]],[]]", "1", "{}",
        "[1,[2],3,4,5,6,7,8]", "[[[[1]],[3,4]],[[5,6],[7,8]]]", "[1,2,3,4,5,6,7,8,]", "[,1,2,3,4,5,6,7,8]", "[1 2,3,4,5,6,7,8]"}) {
    EXPECT_NE(ErrorOf(version, Body("FP32", "[2,2,2]", data)), "") << data;
  }
}

TEST_F(InferReaderTest, MembersMayComeInAnyOrder) {
  const auto version = One("BYTES");
  for (const auto* input :
       {R"("data":["a","\u00e4\n"],"datatype":"BYTES","name":"x","shape":[1,2])",
        R"("shape":[1,2],"data":["a","ä\n"],"name":"x","datatype":"BYTES")",
        R"("name":"x","parameters":{"a":"b"},"datatype":"BYTES","other":[{"deep":null}],"data":[["a","ä\n"]],"shape":[1,2])"}) {
    const auto body =
        fmt::format(R"({{"outputs":[{{"name":"echo_x"}}],"inputs":[{{{}}}],"parameters":{{"binary_data_output":true}},"id":"7"}})", input);
    EXPECT_EQ(ErrorOf(version, body), "") << body;
    request_.tensors.View(views_);
    EXPECT_EQ(views_.at(0).strings[1], "ä\n");
    EXPECT_EQ(request_.id, "7");
    EXPECT_TRUE(request_.outputs.at(0).binary);
  }
}

TEST_F(InferReaderTest, BinaryTensorsOfEveryTypeMixWithJson) {
  std::vector<TensorInfo> infos = EveryType();
  const MadeVersion version(std::make_unique<FakeModelEngine>(infos), {});
  std::string json = R"({"parameters":{"binary_data_output":true},"inputs":[)";
  std::string bytes;
  for (const auto& info : infos) {
    json +=
        fmt::format(R"({}{{"name":"{}","datatype":"{}","shape":[1,2],)", info.name == "in_BOOL" ? "" : ",", info.name, NameOf(info.type));
    if (info.type == DataType::kInt32) {
      json += R"("data":[-5,6]})";
      continue;
    }
    const std::string values =
        info.type == DataType::kBytes ? std::string("\1\0\0\0a\0\0\0\0", 9) : std::string(2 * SizeOf(info.type), '\1');
    json += fmt::format(R"("parameters":{{"binary_data_size":{}}}}})", values.size());
    bytes += values;
  }
  json += "]}";
  ASSERT_EQ(ErrorOf(version, json + bytes, std::to_string(json.size())), "");
  EXPECT_EQ(Values<std::int32_t>(7), (std::vector<std::int32_t>{-5, 6}));
  EXPECT_EQ(Values<std::uint16_t>(9), (std::vector<std::uint16_t>{0x0101, 0x0101}));
  EXPECT_EQ(views_.at(13).strings[0], "a");
  EXPECT_EQ(views_.at(13).strings[1], "");
  EXPECT_EQ(request_.outputs.size(), infos.size());
  EXPECT_NE(ErrorOf(version, json + bytes.substr(1), std::to_string(json.size())), "");
  EXPECT_NE(ErrorOf(version, json + bytes + "x", std::to_string(json.size())), "");
}

TEST_F(InferReaderTest, ABinaryBoolOrTextThatLiesIsRefused) {
  const auto read = [&](std::string_view type, std::string bytes, std::string size = "") {
    const auto version = One(type);
    if (size.empty()) size = std::to_string(bytes.size());
    const auto json =
        fmt::format(R"({{"inputs":[{{"name":"x","datatype":"{}","shape":[1,2],"parameters":{{"binary_data_size":{}}}}}]}})", type, size);
    return ErrorOf(version, json + bytes, std::to_string(json.size()));
  };
  EXPECT_EQ(read("BOOL", std::string("\0\1", 2)), "");
  EXPECT_NE(read("BOOL", std::string("\0\7", 2)), "");
  EXPECT_EQ(read("BYTES", std::string("\1\0\0\0a\2\0\0\0bc", 11)), "");
  for (const auto& bytes : {std::string("\1\0\0\0a", 5), std::string("\1\0\0\0a\3\0\0\0bc", 11),
                            std::string("\xff\xff\xff\xff"
                                        "a\0\0\0\0",
                                        9),
                            std::string("\1\0\0\0a\1\0\0", 8), std::string("\1\0\0\0a\2\0\0\0bcd", 12), std::string(1, '\0')}) {
    EXPECT_NE(read("BYTES", bytes), "") << bytes.size();
  }
  for (const auto* size :
       {"-1", "-8", "7", "9", "0", "8.0", "\"8\"", "null", "18446744073709551615", "18446744073709551624", "8589934592"}) {
    EXPECT_NE(read("FP32", std::string(8, '\0'), size), "") << size;
  }
}

TEST_F(InferReaderTest, AClaimedSizeIsRefusedBeforeAnyMemoryIsTaken) {
  const auto version = One("FP32");
  const auto free_version = One("FP32", {-1, -1, -1});
  for (const auto* shape : {"[1099511627776,2]", "[0,2]", "[-1,2]", "[2]", "[1,2,1]", "[]", "[1025,2]", "[1.0,2]", "[\"1\",2]", "[null,2]",
                            "[9223372036854775808,2]", "[-9223372036854775808,2]", "null", "2", "{}"}) {
    EXPECT_NE(ErrorOf(version, Body("FP32", shape, "[1,2]")), "") << shape;
  }
  for (const auto* shape :
       {"[1,4294967296,4294967296]", "[2,9223372036854775807,2]", "[1,4611686018427387904,4]", "[2,0,1]", "[1,1000,1]"}) {
    EXPECT_NE(ErrorOf(free_version, Body("FP32", shape, "[1,2]")), "") << shape;
  }
  std::string axes = "1";
  for (int i = 0; i < 64; ++i) axes += ",1";
  EXPECT_NE(ErrorOf(free_version, Body("FP32", "[" + axes + "]", "[1]")), "");
  EXPECT_EQ(ErrorOf(free_version, Body("FP32", "[1,2,1]", "[1,2]")), "");
}

TEST_F(InferReaderTest, ErrorsNameTheModelTheTensorAndTheFix) {
  const auto version = One("FP32");
  EXPECT_EQ(ErrorOf(version, Body("FP32", "[2,1]", "[1,2]")), R"(model "made": input "x" has shape [2,1], expected [-1,2])");
  EXPECT_EQ(ErrorOf(version, Body("FP32", "[1,2]", "[1]")), R"(model "made": input "x": "data" has less than the 2 elements of its shape)");
  EXPECT_EQ(ErrorOf(version, R"({"inputs":[]})"), R"(model "made": input "x" is missing)");
  EXPECT_EQ(ErrorOf(version, R"({"inputs":[{"name":"\u202ey","shape":[1,2],"datatype":"FP32","data":[1,2]}]})"),
            R"(model "made": no input is called "???y"; expected "x")");
}

TEST_F(InferReaderTest, TheNextRequestIsReadAsIfNothingHadBeen) {
  const auto version = One("FP32");
  const auto good = Body("FP32", "[1,2]", "[3,4]");
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(ErrorOf(version, good.substr(0, length)), "") << length;
    EXPECT_EQ(ErrorOf(version, good), "");
    EXPECT_EQ(Values<float>(), (std::vector<float>{3, 4}));
  }
  EXPECT_NE(ErrorOf(version, Body("FP32", "[1,2]", "[" + std::string(8u << 20, ' ') + "1]")), "");
  EXPECT_EQ(ErrorOf(version, good), "");
}

}  // namespace
}  // namespace edgewise::score::detail
