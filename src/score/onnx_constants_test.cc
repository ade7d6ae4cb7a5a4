// What constants of a model say of themselves, and what becomes of them when an engine folds them.
#include <limits>

#include "score/hostile_onnx_test.h"

namespace edgewise::score::test {
namespace {

/// StringStringEntryProto: key 1, value 2; TensorProto: dims 1, data_type 2, name 8, external_data 13, data_location 14.
Proto External(const std::vector<std::pair<std::string, std::string>>& entries, bool marked = true) {
  Proto tensor;
  tensor.Integer(1, 2).Integer(2, kFloat).Text(8, "c");
  for (const auto& [key, value] : entries) tensor.Inside(13, Proto().Text(1, key).Text(2, value));
  if (marked) tensor.Integer(14, 1);
  return tensor;
}

std::vector<Case> TensorCases() {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::string_view kOutside = R"(tensor "c" has its data outside the file)";
  std::vector<Case> cases{
      {"99 a pointer as an offset", Model(With(External({{"location", "*/_ORT_MEM_ADDR_/*"}, {"offset", "4096"}, {"length", "8"}}))),
       kOutside},
      {"external data that nothing marks", Model(With(External({{"location", "x"}}, false))), kOutside},
      {"marked, and no place named", Model(With(External({}))), kOutside},
      {"in an attribute", Model(WithNodes({Node("Constant", {}, {"y"}, {TensorAttribute("value", External({{"location", "x"}}))})})),
       kOutside},
      {"100 less raw data than dims", Model(With(Tensor("c", kFloat, {2}, std::string(7, '\0')))),
       R"(tensor "c" has 7 bytes of data; shape [2] takes 8)"},
      {"100 more raw data than dims", Model(With(Tensor("c", kFloat, {2}, std::string(12, '\0')))), "has 12 bytes of data"},
      {"100 no data", Model(With(Proto().Integer(1, 2).Integer(2, kFloat).Text(8, "c"))), "has 0 numbers of data; shape [2] takes 2"},
      {"101 dims overflow", Model(With(Tensor("c", kFloat, {std::int64_t{1} << 40, std::int64_t{1} << 40}, kTwoFloats))),
       "cannot have shape"},
      {"101 dims that multiply to 0", Model(With(Tensor("c", kFloat, {std::int64_t{1} << 32, std::int64_t{1} << 32}, ""))),
       "cannot have shape"},
      {"101 the largest dim", Model(With(Tensor("c", kFloat, {kMost}, ""))), "cannot have shape"},
      {"101 a negative dim", Model(With(Tensor("c", kFloat, {-1}, ""))), "cannot have shape [-1]"},
      {"101 65 axes", Model(With(Tensor("c", kFloat, std::vector<std::int64_t>(65, 1), std::string(4, '\0')))), "more than 64 axes"},
      {"an element type from nowhere", Model(With(Tensor("c", 99, {2}, kTwoFloats))), "has element type 99"},
      {"no element type", Model(With(Proto().Integer(1, 2).Text(8, "c").Text(9, kTwoFloats))), "has element type 0"},
      {"strings as raw data", Model(With(Tensor("c", kString, {2}, kTwoFloats))), "has 8 bytes of data"},
      {"a segment", Model(With(Proto().Integer(1, 2).Integer(2, kFloat).Inside(3, Proto()))), "is a segment"},
      {"raw data twice", Model(With(Tensor("c", kFloat, {2}, kTwoFloats).Text(9, std::string(8, 'x')))), "says something twice"},
      {"two tensors in one attribute",
       Model(WithNodes(
           {Node("Constant", {}, {"y"},
                 {TensorAttribute("value", Tensor("c", kFloat, {2}, kTwoFloats)).Inside(5, Tensor("c", kFloat, {2}, kTwoFloats))})})),
       "says something twice"}};
  for (const std::string_view place :
       {"../../etc/passwd", "a/../../x", "/etc/passwd", "link", "parent/link", "/proc/self/environ", "fifo", "weights.bin"}) {
    cases.push_back({"97 a place", Model(With(External({{"location", std::string(place)}}))), kOutside});
  }
  for (const std::string_view offset : {"-1", "1152921504606846976", "18446744073709551615"}) {
    cases.push_back(
        {"98 an offset", Model(With(External({{"location", "w"}, {"offset", std::string(offset)}, {"length", "8"}}))), kOutside});
  }
  return cases;
}

std::vector<Case> BombCases() {
  const auto size = Integers("s", {1 << 20, 1 << 20});
  const auto one = Tensor("c", kFloat, {2}, kTwoFloats);
  return {
      {"103 ConstantOfShape", Model(WithNodes({Node("ConstantOfShape", {"s"}, {"y"})}, {size})), "makes a constant",
       Code::kResourceExhausted},
      {"103 of a Constant",
       Model(WithNodes({Node("Constant", {}, {"s"}, {TensorAttribute("value", size)}), Node("ConstantOfShape", {"s"}, {"y"})})),
       "makes a constant", Code::kResourceExhausted},
      {"103 behind a Cast", Model(WithNodes({Node("Identity", {"s"}, {"t"}), Node("ConstantOfShape", {"t"}, {"y"})}, {size})),
       "makes a constant", Code::kResourceExhausted},
      {"103 Expand", Model(WithNodes({Node("Expand", {"x", "s"}, {"y"})}, {size})), "(Expand) makes a constant", Code::kResourceExhausted},
      {"103 Tile", Model(WithNodes({Node("Tile", {"c", "s"}, {"y"})}, {one, Integers("s", {1 << 30})})), "(Tile) makes a constant",
       Code::kResourceExhausted},
      {"103 Tile that overflows", Model(WithNodes({Node("Tile", {"c", "s"}, {"y"})}, {one, Integers("s", {std::int64_t{1} << 62})})),
       "(Tile) makes a constant", Code::kResourceExhausted},
      {"103 a constant joined to itself, 40 times", Doubling(40), "(Concat) makes a constant", Code::kResourceExhausted},
      {"103 a column by a row",
       Model(WithNodes(
           {Node("ConstantOfShape", {"a"}, {"column"}), Node("ConstantOfShape", {"b"}, {"row"}), Node("Add", {"column", "row"}, {"y"})},
           {Integers("a", {100'000, 1}), Integers("b", {1, 100'000})})),
       "(Add) makes a constant of shape [100000,100000]", Code::kResourceExhausted},
      {"103 random numbers",
       Model(
           WithNodes({Node("RandomNormal", {}, {"y"}, {Proto().Text(1, "shape").Integer(8, 1 << 20).Integer(8, 1 << 20).Integer(20, 7)})})),
       "(RandomNormal) makes a constant", Code::kResourceExhausted},
  };
}

TEST(OnnxCheck, TensorsThatLieOrLieElsewhereAreRefused) { ExpectRefused(TensorCases()); }
TEST(OnnxCheck, ConstantsThatGrowAreRefused) { ExpectRefused(BombCases()); }

}  // namespace
}  // namespace edgewise::score::test
