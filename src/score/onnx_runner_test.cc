// What a runner does where a graph's values, not its shapes, say what comes out.
#include <algorithm>
#include <array>
#include <thread>

#include "score/made_tensors_test.h"
#include "score/opened_model_test.h"

namespace edgewise::score::test {
namespace {

// The same shape of input, other shapes of output: memory that was right for the last run is wrong for this one.
TEST(OnnxRunner, OutputsMayHaveShapesThatOnlyARunTells) {
  const Graph graph{.nodes = {Node("NonZero", {"x"}, {"places"}), Node("Identity", {"x"}, {"same"})},
                    .inputs = {Value("x", kFloat, {{Fixed(4)}})},
                    .outputs = {Value("places", kInt64, {{Fixed(1), Axis{}}}), Value("same", kFloat, {{Fixed(4)}})},
                    .initializers = {}};
  const auto opened = Open(Model(graph));
  ASSERT_NE(opened.runner, nullptr);
  const std::array<std::size_t, 2> wanted{0, 1};
  const std::vector<std::pair<std::vector<float>, std::vector<std::int64_t>>> cases{{{1, 0, 1, 0}, {0, 2}}, {{0, 1, 0, 1}, {1, 3}},
                                                                                    {{0, 0, 0, 1}, {3}},    {{1, 1, 1, 1}, {0, 1, 2, 3}},
                                                                                    {{0, 0, 0, 0}, {}},     {{1, 0, 0, 0}, {0}}};
  for (int round = 0; round < 3; ++round) {
    for (const auto& [values, places] : cases) {
      const Floats input{.shape = {4}, .values = values};
      const auto view = input.View();
      const auto outputs = opened.runner->Run({&view, 1}, wanted);
      ASSERT_TRUE(outputs) << outputs.error().message;
      EXPECT_TRUE(std::ranges::equal((*outputs)[0].bytes, std::as_bytes(std::span(places))));
      EXPECT_EQ((*outputs)[0].shape[1], places.size());
      EXPECT_TRUE(std::ranges::equal((*outputs)[1].bytes, std::as_bytes(std::span(values))));
    }
  }
}

TEST(OnnxRunner, ValuesThatTheEngineRefusesAreTheCallersFaultAndTheNextAreAnswered) {
  const std::array<float, 3> table{10, 11, 12};
  const Graph graph{.nodes = {Node("Gather", {"table", "x"}, {"y"})},
                    .inputs = {Value("x", kInt64, kRows)},
                    .outputs = {Value("y", kFloat, kRows)},
                    .initializers = {Tensor("table", kFloat, {3}, {reinterpret_cast<const char*>(table.data()), sizeof table})}};
  const auto opened = Open(Model(graph));
  ASSERT_NE(opened.runner, nullptr);
  const std::array<std::int64_t, 1> shape{2};
  const std::size_t output = 0;
  for (const std::int64_t index : {2, 1, 3, 0, 1000, -1000, 1}) {
    const std::array<std::int64_t, 2> values{0, index};
    const TensorView view{.type = DataType::kInt64, .shape = shape, .bytes = std::as_bytes(std::span(values)), .strings = {}};
    const auto outputs = opened.runner->Run({&view, 1}, {&output, 1});
    if (index < 0 || index > 2) {
      ASSERT_FALSE(outputs) << index;
      EXPECT_EQ(outputs.error().code, Code::kInvalidArgument) << outputs.error().message;
    } else {
      ASSERT_TRUE(outputs) << outputs.error().message;
      const std::array<float, 2> expected{10, table[index]};
      EXPECT_TRUE(std::ranges::equal((*outputs)[0].bytes, std::as_bytes(std::span(expected))));
    }
  }
}

TEST(OnnxRunner, OutputsMayBeInputsAndConstants) {
  const std::array<float, 2> constant{7, 8};
  const Graph graph{.nodes = {Node("Identity", {"x"}, {"y"})},
                    .inputs = {Value("x", kFloat, kRows)},
                    .outputs = {Value("y", kFloat, kRows), Value("x", kFloat, kRows), Value("c", kFloat, {{Fixed(2)}})},
                    .initializers = {Tensor("c", kFloat, {2}, {reinterpret_cast<const char*>(constant.data()), sizeof constant})}};
  const auto opened = Open(Model(graph));
  ASSERT_NE(opened.runner, nullptr);
  const std::array<std::size_t, 3> wanted{0, 1, 2};
  for (const float first : {0.0F, 1.0F, 2.0F}) {
    const Floats input{.shape = {3}, .values = {first, 2, 3}};
    const auto view = input.View();
    const auto outputs = opened.runner->Run({&view, 1}, wanted);
    ASSERT_TRUE(outputs) << outputs.error().message;
    EXPECT_TRUE(std::ranges::equal((*outputs)[0].bytes, view.bytes));
    EXPECT_TRUE(std::ranges::equal((*outputs)[1].bytes, view.bytes));
    EXPECT_TRUE(std::ranges::equal((*outputs)[2].bytes, std::as_bytes(std::span(constant))));
  }
}

// Loop: inputs trips (none), condition, state; body: iteration, condition, state -> condition, state.
TEST(OnnxRunner, ALoopWithoutEndIsStopped) {
  const std::string yes(1, '\x01');
  const Graph body{
      .nodes = {Node("Identity", {"go"}, {"go_on"}), Node("Neg", {"state"}, {"next"})},
      .inputs = {Value("i", kInt64, std::vector<Axis>{}), Value("go", kBool, std::vector<Axis>{}), Value("state", kFloat, kRows)},
      .outputs = {Value("go_on", kBool, std::vector<Axis>{}), Value("next", kFloat, kRows)},
      .initializers = {}};
  const auto opened = Open(Model({.nodes = {Node("Loop", {"", "go", "x"}, {"y"}, {GraphAttribute("body", body.Message())})},
                                  .inputs = {Value("x", kFloat, kRows)},
                                  .outputs = {Value("y", kFloat, kRows)},
                                  .initializers = {Tensor("go", kBool, {}, yes)}}));
  ASSERT_NE(opened.runner, nullptr);
  const Floats input{.shape = {2}, .values = {1, 2}};
  Code code{};
  std::jthread run([&] {
    const auto view = input.View();
    const std::size_t output = 0;
    const auto ran = opened.runner->Run({&view, 1}, {&output, 1});
    if (!ran) code = ran.error().code;
  });
  opened.runner->Stop();
  run.join();
  EXPECT_EQ(code, Code::kCancelled);
}

}  // namespace
}  // namespace edgewise::score::test
