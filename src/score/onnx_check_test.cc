// Graphs, functions, operator sets and damage: what CheckOnnx says of a whole file.
#include "score/hostile_onnx_test.h"
#include "score/made_model_test.h"

namespace edgewise::score::test {
namespace {

using detail::CheckOnnx;

/// If in If in If: `depth` graphs in each other.
Proto Nested(std::size_t depth) {
  Graph inner{.nodes = {Node("Identity", {"x"}, {"y"})}, .inputs = {}, .outputs = {Value("y", kFloat, kRows)}, .initializers = {}};
  for (std::size_t i = 0; i < depth; ++i) {
    const auto message = inner.Message();
    inner.nodes = {Node("If", {"b"}, {"y"}, {GraphAttribute("then_branch", message)})};
  }
  return inner.Message();
}

/// FunctionProto: name 1, input 4, output 5, node 7, domain 10.
Proto Function(std::string_view name, const std::vector<Proto>& nodes) {
  Proto function;
  function.Text(1, name).Text(4, "x").Text(5, "y").Text(10, "own");
  for (const auto& node : nodes) function.Inside(7, node);
  return function;
}
std::string WithFunctions(const std::vector<Proto>& functions) {
  auto model = Proto().Raw(Model(WithNodes({Node("f0", {"x"}, {"y"}, {}, "own")}).Message(), {OperatorSet("", 17), OperatorSet("own", 1)}));
  for (const auto& function : functions) model.Inside(25, function);
  return model.bytes();
}
/// Functions that each call the next one `calls` times: calls^levels nodes in a few bytes.
std::string Laughs(std::size_t levels, std::size_t calls) {
  std::vector<Proto> functions;
  for (std::size_t level = 0; level < levels; ++level) {
    functions.push_back(
        Function("f" + std::to_string(level), std::vector<Proto>(calls, Node("f" + std::to_string(level + 1), {"x"}, {"y"}, {}, "own"))));
  }
  functions.push_back(Function("f" + std::to_string(levels), {Node("Neg", {"x"}, {"y"})}));
  return WithFunctions(functions);
}

struct Tree {
  std::vector<std::int64_t> features{0, 0, 0};
  std::vector<std::int64_t> yes{1, 0, 0};
  std::vector<std::int64_t> no{2, 0, 0};
  std::vector<std::int64_t> targets{0, 0};
};

std::string WithTree(const Tree& tree) {
  const auto integers = [](std::string_view name, const std::vector<std::int64_t>& values) {
    Proto packed;
    for (const auto value : values) packed.Varint(static_cast<std::uint64_t>(value));
    return Proto().Text(1, name).Inside(8, packed).Integer(20, 7);
  };
  const auto floats = [](std::string_view name, std::size_t count) {
    return Proto().Text(1, name).Text(7, std::string(4 * count, '\0')).Integer(20, 6);
  };
  const auto modes = Proto().Text(1, "nodes_modes").Text(9, "BRANCH_LEQ").Text(9, tree.yes[1] == 0 ? "LEAF" : "BRANCH_LEQ").Text(9, "LEAF");
  return Model(WithNodes(
      {Node("TreeEnsembleRegressor", {"x"}, {"y"},
            {integers("nodes_treeids", {0, 0, 0}), integers("nodes_nodeids", {0, 1, 2}), integers("nodes_featureids", tree.features),
             integers("nodes_truenodeids", tree.yes), integers("nodes_falsenodeids", tree.no), modes, floats("nodes_values", 3),
             integers("target_treeids", {0, 0}), integers("target_nodeids", {1, 2}), integers("target_ids", tree.targets),
             floats("target_weights", 2), IntegerAttribute("n_targets", 1)},
            "ai.onnx.ml")}));
}

std::vector<Case> GraphCases() {
  const auto identity = WithNodes({Node("Identity", {"x"}, {"y"})}).Message();
  return {
      {"102 nodes without end", Model(WithNodes(std::vector<Proto>(100'001, Node("Identity", {"x"}, {"y"})))), "more than 100000 nodes",
       Code::kResourceExhausted},
      {"102 If in If, 1,000 deep", Model(Nested(1000)), "more than 16 deep", Code::kResourceExhausted},
      {"functions that call each other twice, 15 deep", Laughs(15, 3), "more than 100000 nodes", Code::kResourceExhausted},
      {"functions in a circle", WithFunctions({Function("f0", {Node("f0", {"x"}, {"y"}, {}, "own")})}), "in a circle"},
      {"functions in a chain of 40", Laughs(40, 1), "more than 16 deep"},
      {"a function twice", WithFunctions({Function("f0", {}), Function("f0", {})}), R"(function "own:f0" is there twice)"},
      {"105 an operator of nobody's", Model(WithNodes({Node("Evil", {"x"}, {"y"}, {}, "com.evil")})),
       R"(operator "Evil" of domain "com.evil")"},
      {"an operator set of the future", Model(identity, {OperatorSet("", 999)}), R"(operator set 999 of "ai.onnx" is not known)"},
      {"operator set 0", Model(identity, {OperatorSet("", 0)}), "is not known"},
      {"an ml operator set of the future", Model(identity, {OperatorSet("", 17), OperatorSet("ai.onnx.ml", 99)}), R"("ai.onnx.ml")"},
      {"no operator set", Model(identity, {}), "names no operator set"},
      {"two graphs", Proto().Raw(Model(identity)).Inside(7, identity).bytes(), "has two graphs"},
      {"training information", Proto().Raw(Model(identity)).Inside(20, Proto()).bytes(), "training information"},
      {"a tree with a feature before the first", WithTree({.features = {-100'000'000, 0, 0}}), "asks for feature -100000000"},
      {"a tree whose child is nobody", WithTree({.yes = {7, 0, 0}}), "has no node 7 of tree 0"},
      {"a tree in a circle", WithTree({.yes = {1, 1, 0}}), "two parents"},
      {"a leaf of no target", WithTree({.targets = {0, 1'000'000}}), "has a leaf of target 1000000, of 1"},
  };
}

TEST(OnnxCheck, GraphsThatTheEngineShallNotSeeAreRefused) { ExpectRefused(GraphCases()); }
// The controls of the tables: as near to the refused as may be.
TEST(OnnxCheck, WhatIsWithinTheLimitsPasses) {
  const std::vector<std::string> models{
      MadeOnnx(5),
      Model(With(Tensor("c", kFloat, {2}, kTwoFloats))),
      Model(With(Tensor("c", kFloat, {0, std::int64_t{1} << 40}, ""))),
      Model(With(Proto().Integer(1, 2).Integer(2, kFloat).Text(8, "c").Text(4, kTwoFloats))),  // packed float_data
      Model(With(Tensor("c", 22, {3}, std::string(2, '\0')))),                                 // int4: two in a byte
      Model(Nested(16)),
      Laughs(9, 3),
      WithTree({}),
      Doubling(20),
      Model(WithNodes({Node("ConstantOfShape", {"s"}, {"y"})}, {Integers("s", {1000, 1000})})),
      Model(WithNodes({Node("Identity", {"x"}, {"y"})}).Message(), {OperatorSet("", 26), OperatorSet("com.somebody", 3)}),
  };
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto checked = CheckOnnx(models[i]);
    EXPECT_TRUE(checked) << i << ": " << checked.error().message;
  }
}

TEST(OnnxCheck, ACutFileIsRefusedWhereverItIsCut) {
  for (const auto& whole : {MadeOnnx(5), Model(With(Tensor("c", kFloat, {2}, kTwoFloats)).Message(), {OperatorSet("", 17)})}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto opened = OpenOnnxModel(whole.substr(0, size));
      ASSERT_FALSE(opened) << size << " of " << whole.size();
      EXPECT_EQ(opened.error().code, Code::kInvalidArgument);
    }
    EXPECT_TRUE(OpenOnnxModel(whole));
  }
}

TEST(OnnxCheck, OneByteChangedNeverHarms) {
  const auto whole = MadeOnnx(5);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      auto changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      (void)OpenOnnxModel(changed);  // refused or not: another label is no fault
    }
  }
  EXPECT_TRUE(OpenOnnxModel(whole));
}

TEST(OnnxCheck, BytesThatAreNoModelAreSaidToBeNone) {
  for (const auto& bytes : {std::string(), std::string("not a model"), std::string(1000, '\xff'), std::string(1000, '\0'),
                            std::string("\x08\x08\x00\x00ORTM", 8)}) {
    const auto checked = CheckOnnx(bytes);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, Code::kInvalidArgument) << checked.error().message;
  }
}

TEST(OnnxCheck, AGraphInACircleIsRefusedByTheEngine) {
  const auto opened =
      OpenOnnxModel(Model(WithNodes({Node("Add", {"x", "b"}, {"a"}), Node("Neg", {"a"}, {"b"}), Node("Neg", {"a"}, {"y"})})));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kInvalidArgument);
}

TEST(OnnxCheck, NotesWhatTheEngineDoesNotTell) {
  const Graph graph{.nodes = {Node("Identity", {"x"}, {"y"})},
                    .inputs = {Value("x", kFloat, std::nullopt)},
                    .outputs = {Value("y", kFloat, std::vector<Axis>{})},
                    .initializers = {}};
  const auto plain = CheckOnnx(Model(graph));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->unranked, (std::set<std::string, std::less<>>{"x"}));
  EXPECT_FALSE(plain->branches);
  const auto nested = CheckOnnx(Model(Nested(1)));
  ASSERT_TRUE(nested);
  EXPECT_TRUE(nested->branches);
}

}  // namespace
}  // namespace edgewise::score::test
