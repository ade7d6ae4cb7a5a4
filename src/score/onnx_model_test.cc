#include <algorithm>
#include <array>

#include "score/made_tensors_test.h"
#include "score/opened_model_test.h"

namespace edgewise::score::test {
namespace {

Graph Identity(int element, const std::optional<std::vector<Axis>>& axes) {
  return {.nodes = {Node("Identity", {"x"}, {"y"})},
          .inputs = {Value("x", element, axes)},
          .outputs = {Value("y", element, axes)},
          .initializers = {}};
}

std::string Refusal(const std::string& onnx) {
  const auto engine = OpenOnnxModel(onnx);
  if (engine) return "not refused";
  EXPECT_EQ(engine.error().code, Code::kInvalidArgument);
  return engine.error().message;
}

/// Bytes 0, 1, 2, ...: every element of every type is another.
std::vector<std::byte> Counted(std::size_t size) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(i));
  return bytes;
}

TEST(OnnxModel, CarriesEveryDatatypeOfTheProtocol) {
  const std::vector<std::pair<int, DataType>> types{
      {1, DataType::kFp32},    {2, DataType::kUint8},   {3, DataType::kInt8}, {4, DataType::kUint16}, {5, DataType::kInt16},
      {6, DataType::kInt32},   {7, DataType::kInt64},   {9, DataType::kBool}, {10, DataType::kFp16},  {11, DataType::kFp64},
      {12, DataType::kUint32}, {13, DataType::kUint64}, {16, DataType::kBf16}};
  for (const auto& [element, type] : types) {
    const auto opened = Open(Model(Identity(element, {{Rows(), Fixed(2)}})));
    ASSERT_NE(opened.runner, nullptr) << NameOf(type);
    const auto& signature = opened.engine->signature();
    EXPECT_EQ(signature.inputs[0].type, type);
    EXPECT_EQ(signature.outputs[0].type, type);
    EXPECT_TRUE(signature.batches);
    const auto bytes =
        type == DataType::kBool ? std::vector{std::byte{1}, std::byte{0}, std::byte{0}, std::byte{1}} : Counted(4 * SizeOf(type));
    const std::array<std::int64_t, 2> shape{2, 2};
    const TensorView view{.type = type, .shape = shape, .bytes = bytes, .strings = {}};
    const std::size_t output = 0;
    for (int run = 0; run < 3; ++run) {
      const auto outputs = opened.runner->Run({&view, 1}, {&output, 1});
      ASSERT_TRUE(outputs) << NameOf(type) << outputs.error().message;
      EXPECT_TRUE(std::ranges::equal((*outputs)[0].bytes, bytes)) << NameOf(type);
      EXPECT_TRUE(std::ranges::equal((*outputs)[0].shape, shape)) << NameOf(type);
    }
  }
}

TEST(OnnxModel, CarriesStringsOfAnyBytes) {
  const auto opened = Open(Model(Identity(kString, {{Rows()}})));
  ASSERT_NE(opened.runner, nullptr);
  const std::size_t output = 0;
  const std::vector<std::vector<std::string>> rounds{{"UA", "", std::string("a\0b", 3)}, {"x"},        {},
                                                     {std::string(5000, 'l'), "s", ""},  {"", "", ""}, {"\xff\xfe", "ü", "3"}};
  for (const auto& texts : rounds) {
    const std::vector<std::string_view> strings(texts.begin(), texts.end());
    const std::array<std::int64_t, 1> shape{static_cast<std::int64_t>(texts.size())};
    const TensorView view{.type = DataType::kBytes, .shape = shape, .bytes = {}, .strings = strings};
    for (int run = 0; run < 2; ++run) {
      const auto outputs = opened.runner->Run({&view, 1}, {&output, 1});
      ASSERT_TRUE(outputs) << outputs.error().message;
      EXPECT_TRUE(std::ranges::equal((*outputs)[0].strings, strings));
    }
  }
}

TEST(OnnxModel, NamesShapesAndTypesComeFromTheGraph) {
  const Graph graph{.nodes = {Node("Add", {"a", "b"}, {"sum"}), Node("Shape", {"a"}, {"shape"})},
                    .inputs = {Value("a", kFloat, {{Rows(), Fixed(3)}}), Value("b", kFloat, std::vector<Axis>{})},
                    .outputs = {Value("sum", kFloat, {{Axis{}, Fixed(3)}}), Value("shape", kInt64, {{Fixed(2)}})},
                    .initializers = {}};
  const auto opened = Open(Model(graph));
  ASSERT_NE(opened.runner, nullptr);
  const auto& signature = opened.engine->signature();
  ASSERT_EQ(signature.inputs.size(), 2U);
  EXPECT_EQ(signature.inputs[0].name, "a");
  EXPECT_EQ(signature.inputs[0].shape, (std::vector<std::int64_t>{-1, 3}));
  EXPECT_EQ(signature.inputs[1].shape, std::vector<std::int64_t>{});  // a scalar
  EXPECT_TRUE(signature.inputs[1].ranked);
  EXPECT_EQ(signature.outputs[0].shape, (std::vector<std::int64_t>{-1, 3}));
  EXPECT_EQ(signature.outputs[1].name, "shape");
  EXPECT_EQ(signature.outputs[1].type, DataType::kInt64);
  EXPECT_FALSE(signature.batches);
  const Floats a{.shape = {2, 3}, .values = {1, 2, 3, 4, 5, 6}};
  const Floats b{.shape = {}, .values = {10}};
  const std::array<TensorView, 2> inputs{a.View(), b.View()};
  const std::array<std::size_t, 2> wanted{1, 0};
  const auto outputs = opened.runner->Run(inputs, wanted);
  ASSERT_TRUE(outputs) << outputs.error().message;
  const std::array<std::int64_t, 2> shape{2, 3};
  const std::array<float, 6> sum{11, 12, 13, 14, 15, 16};
  EXPECT_TRUE(std::ranges::equal((*outputs)[0].bytes, std::as_bytes(std::span(shape))));
  EXPECT_TRUE(std::ranges::equal((*outputs)[1].bytes, std::as_bytes(std::span(sum))));
}

TEST(OnnxModel, InputsWhoseFirstAxesHaveOtherNamesDoNotBatch) {
  const auto second = [](const char* name) {
    return Model({.nodes = {Node("Identity", {"a"}, {"c"}), Node("Identity", {"b"}, {"d"})},
                  .inputs = {Value("a", kFloat, {{Rows()}}), Value("b", kFloat, {{Axis{.name = name}}})},
                  .outputs = {Value("c", kFloat, {{Rows()}}), Value("d", kFloat, {{Axis{}}})},
                  .initializers = {}});
  };
  EXPECT_TRUE(Open(second("N")).engine->signature().batches);
  EXPECT_TRUE(Open(second("")).engine->signature().batches);
  EXPECT_FALSE(Open(second("steps")).engine->signature().batches);
}

TEST(OnnxModel, ATensorWithoutARankTakesAnyShape) {
  const auto opened = Open(Model(Identity(kFloat, std::nullopt)));
  ASSERT_NE(opened.runner, nullptr);
  const auto& signature = opened.engine->signature();
  EXPECT_FALSE(signature.inputs[0].ranked);
  EXPECT_FALSE(signature.outputs[0].ranked);
  EXPECT_FALSE(signature.batches);
  const std::size_t output = 0;
  for (const auto& input : {Floats{.shape = {}, .values = {1}}, Floats{.shape = {2, 1, 1}, .values = {1, 2}}}) {
    const auto view = input.View();
    ASSERT_TRUE(Check(signature.inputs[0], view.type, view.shape));
    const auto outputs = opened.runner->Run({&view, 1}, {&output, 1});
    ASSERT_TRUE(outputs) << outputs.error().message;
    EXPECT_TRUE(std::ranges::equal((*outputs)[0].shape, input.shape));
  }
}

TEST(OnnxModel, WhatIsNoTensorIsRefusedWithTheFix) {
  // TypeProto: sequence 4 {elem 1}, map 5 {key 1, value 2}.
  const auto map = Proto().Inside(5, Proto().Integer(1, kInt64).Inside(2, TensorType(kFloat, std::vector<Axis>{})));
  const auto maps = Proto().Inside(4, Proto().Inside(1, map));
  const Graph zipmap{.nodes = {Node("ZipMap", {"x"}, {"output_probability"},
                                    {Proto().Text(1, "classlabels_int64s").Integer(8, 0).Integer(8, 1).Integer(20, 7)}, "ai.onnx.ml")},
                     .inputs = {Value("x", kFloat, {{Rows(), Fixed(2)}})},
                     .outputs = {Proto().Text(1, "output_probability").Inside(2, maps)},
                     .initializers = {}};
  EXPECT_EQ(Refusal(Model(zipmap)), R"(output "output_probability" of the ONNX model is a sequence of maps: convert with zipmap=False)");
  const Graph sequence{.nodes = {Node("SequenceConstruct", {"x", "x"}, {"pair"})},
                       .inputs = {Value("x", kFloat, kRows)},
                       .outputs = {Proto().Text(1, "pair").Inside(2, Proto().Inside(4, Proto().Inside(1, TensorType(kFloat, kRows))))},
                       .initializers = {}};
  EXPECT_EQ(Refusal(Model(sequence)), R"(output "pair" of the ONNX model is a sequence: export the model with tensors only)");
}

}  // namespace
}  // namespace edgewise::score::test
