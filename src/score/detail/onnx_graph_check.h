#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "score/detail/onnx_check.h"
#include "score/detail/onnx_constants.h"
#include "score/detail/proto_reader.h"

namespace edgewise::score::detail {

/// How large a graph is, with the graphs inside it: its nodes, and how often it calls each function of the model.
struct OnnxGraphSize {
  std::size_t nodes = 0;
  std::map<std::string, std::size_t, std::less<>> calls;
};

/// "domain:name" of a FunctionProto; the operator sets that it names.
std::string FunctionName(std::string_view function);
std::vector<std::string_view> FunctionOpsets(std::string_view function);

/// Looks at graphs and what is inside them: nodes, attributes, tensors. Graphs inside graphs wait in a list, not on the stack.
class OnnxGraphCheck {
 public:
  explicit OnnxGraphCheck(const OnnxLimits& limits) : limits_(limits) {}

  /// Before the first Check: names of functions are names of operators.
  Result<void> AddFunctionName(std::string_view function);
  /// Errors of both: as CheckOnnx().
  Result<OnnxGraphSize> CheckGraph(std::string_view graph);
  Result<OnnxGraphSize> CheckFunction(std::string_view function);
  const OnnxFacts& facts() const { return facts_; }

 private:
  struct Waiting {
    std::string_view message;
    std::size_t depth = 0;
    bool function = false;
  };

  Result<OnnxGraphSize> CheckAll(Waiting first);
  Result<void> CheckOne(const Waiting& graph);
  Result<void> TakeField(const Waiting& graph, const ProtoField& field, OnnxConstants& constants, std::vector<std::string_view>& nodes);
  Result<void> CheckNode(const Waiting& graph, std::string_view message, OnnxConstants& constants);
  Result<void> TakeAttribute(const Waiting& graph, std::string_view message, OnnxNode& node);
  Result<void> CheckSparse(std::string_view message) const;
  Result<void> CheckOperator(const OnnxNode& node);
  void NoteRank(std::string_view value);

  const OnnxLimits& limits_;
  OnnxFacts facts_;
  std::set<std::string, std::less<>> functions_;
  std::set<std::string, std::less<>> function_domains_;
  std::vector<Waiting> waiting_;
  OnnxGraphSize size_;
};

}  // namespace edgewise::score::detail
