#pragma once

#include <gtest/gtest.h>

#include "score/detail/onnx_check.h"
#include "score/made_graph_test.h"
#include "score/model_engine.h"

// Hostile ONNX (reliability-security 97 to 107): bytes in, verdict out, before any engine.
namespace edgewise::score::test {

inline const std::vector<Axis> kRows{Rows()};
inline const std::string kTwoFloats(8, '\0');

/// x -> Add(x, constant) -> y: a place for one constant.
inline Graph With(const Proto& constant) {
  return {.nodes = {Node("Add", {"x", "c"}, {"y"})},
          .inputs = {Value("x", kFloat, kRows)},
          .outputs = {Value("y", kFloat, kRows)},
          .initializers = {constant}};
}
inline Graph WithNodes(std::vector<Proto> nodes, std::vector<Proto> constants = {}) {
  return {.nodes = std::move(nodes),
          .inputs = {Value("x", kFloat, kRows)},
          .outputs = {Value("y", kFloat, kRows)},
          .initializers = std::move(constants)};
}

inline Proto Integers(std::string_view name, const std::vector<std::int64_t>& values) {
  return Tensor(name, kInt64, {static_cast<std::int64_t>(values.size())},
                {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(std::int64_t)});
}

struct Case {
  std::string_view what;
  std::string onnx;
  std::string_view reason;  ///< A part of the message.
  Code code = Code::kInvalidArgument;
};

/// A constant joined to itself, so many times.
inline std::string Doubling(std::size_t times) {
  std::vector<Proto> nodes;
  std::string last = "c";
  for (std::size_t i = 0; i < times; ++i) {
    const std::string next = "d" + std::to_string(i);
    nodes.push_back(Node("Concat", {last, last}, {next}, {IntegerAttribute("axis", 0)}));
    last = next;
  }
  nodes.push_back(Node("ReduceSum", {last}, {"y"}));
  return Model(WithNodes(nodes, {Tensor("c", kFloat, {2}, kTwoFloats)}));
}

inline void ExpectRefused(const std::vector<Case>& cases) {
  for (const auto& each : cases) {
    const auto checked = detail::CheckOnnx(each.onnx);
    ASSERT_FALSE(checked) << each.what;
    EXPECT_EQ(checked.error().code, each.code) << each.what;
    EXPECT_NE(checked.error().message.find(each.reason), std::string::npos) << each.what << ": " << checked.error().message;
    const auto opened = OpenOnnxModel(each.onnx);
    ASSERT_FALSE(opened) << each.what;
    EXPECT_EQ(opened.error().message, checked.error().message) << each.what;
  }
}

}  // namespace edgewise::score::test
