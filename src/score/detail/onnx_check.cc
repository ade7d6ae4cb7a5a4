#include "score/detail/onnx_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "score/detail/onnx_graph_check.h"
#include "score/detail/proto_reader.h"

namespace edgewise::score::detail {
namespace {

using Kind = ProtoField::Kind;

// What ONNX Runtime 1.28 knows. Another version that is found refuses what it does not know itself.
constexpr std::uint64_t kMostOpset = 26;
constexpr std::uint64_t kMostMlOpset = 5;

std::unexpected<Error> Refuse(std::string_view why) {
  return Fail(Code::kInvalidArgument, fmt::format("the ONNX model cannot be loaded: {}", why));
}

struct Parts {
  std::optional<std::string_view> graph;
  std::vector<std::string_view> opsets;
  std::vector<std::string_view> functions;
};

Result<Parts> ReadModel(std::string_view onnx) {
  Parts parts;
  ProtoReader reader(onnx);
  while (const auto field = reader.Next()) {
    if (field->kind != Kind::kBytes) continue;
    switch (field->number) {
      case 7:
        if (parts.graph) return Refuse("it has two graphs");
        parts.graph = field->bytes;
        break;
      case 8:
        parts.opsets.push_back(field->bytes);
        break;
      case 20:
        return Refuse("it carries training information: export it for inference");
      case 25:
        parts.functions.push_back(field->bytes);
        break;
      default:
        break;
    }
  }
  if (!reader.ok()) return Refuse("it is damaged, or no ONNX model");
  if (!parts.graph) return Refuse("it has no graph: damaged, or no ONNX model");
  return parts;
}

/// OperatorSetIdProto: domain 1, version 2.
Result<void> CheckOpset(std::string_view message) {
  std::string_view domain;
  std::uint64_t version = 0;
  ProtoReader reader(message);
  while (const auto field = reader.Next()) {
    if (field->number == 1) domain = field->bytes;
    if (field->number == 2) version = field->value;
  }
  if (!reader.ok()) return Refuse("its operator sets are damaged");
  const bool ml = domain == "ai.onnx.ml";
  const bool standard = domain.empty() || domain == "ai.onnx";
  const std::uint64_t most = ml ? kMostMlOpset : kMostOpset;
  if ((ml || standard) && (version == 0 || version > most)) {
    return Refuse(fmt::format("operator set {} of \"{}\" is not known, 1 to {} are: convert it with target_opset={}", version,
                              ml ? "ai.onnx.ml" : "ai.onnx", most, most));
  }
  return {};
}

/// How many nodes a model has when its functions are written out where they are called. A function that calls itself has no number.
class Functions {
 public:
  Functions(const OnnxLimits& limits, std::map<std::string, OnnxGraphSize, std::less<>> own) : limits_(limits), own_(std::move(own)) {
    for (const auto& [name, size] : own_) nodes_[name] = size.nodes;
  }

  /// Errors: kInvalidArgument (too many calls inside calls), kResourceExhausted (too many nodes).
  Result<void> Check(const OnnxGraphSize& graph) {
    bool changed = true;
    for (std::size_t round = 0; changed; ++round) {
      if (round > limits_.depth)
        return Refuse(fmt::format("its functions call each other more than {} deep, or in a circle", limits_.depth));
      changed = false;
      for (const auto& [name, size] : own_) {
        const std::size_t nodes = Whole(size);
        changed = changed || nodes != nodes_[name];
        nodes_[name] = nodes;
      }
    }
    if (Whole(graph) <= limits_.nodes) return {};
    return Fail(Code::kResourceExhausted, fmt::format("the ONNX model cannot be loaded: it has more than {} nodes", limits_.nodes));
  }

 private:
  std::size_t Whole(const OnnxGraphSize& size) const {
    std::size_t nodes = size.nodes;
    for (const auto& [name, calls] : size.calls) {
      const auto found = nodes_.find(name);
      if (found == nodes_.end()) continue;
      nodes = std::min(nodes + std::min(calls, limits_.nodes + 1) * std::min(found->second, limits_.nodes + 1), limits_.nodes + 1);
    }
    return nodes;
  }

  const OnnxLimits& limits_;
  std::map<std::string, OnnxGraphSize, std::less<>> own_;
  std::map<std::string, std::size_t, std::less<>> nodes_;
};

}  // namespace

Result<OnnxFacts> CheckOnnx(std::string_view onnx, const OnnxLimits& limits) {
  if (onnx.empty()) return Refuse("it is empty");
  if (onnx.size() > limits.bytes) {
    return Fail(Code::kResourceExhausted,
                fmt::format("the ONNX model cannot be loaded: it has {} bytes, at most {}", onnx.size(), limits.bytes));
  }
  EDGEWISE_ASSIGN(const auto parts, ReadModel(onnx));
  if (parts.opsets.empty()) return Refuse("it names no operator set: damaged, or no ONNX model");
  for (const auto opset : parts.opsets) EDGEWISE_TRY(CheckOpset(opset));
  if (parts.functions.size() > limits.functions) {
    return Fail(Code::kResourceExhausted,
                fmt::format("the ONNX model cannot be loaded: it has {} functions, at most {}", parts.functions.size(), limits.functions));
  }
  OnnxGraphCheck check(limits);
  for (const auto function : parts.functions) EDGEWISE_TRY(check.AddFunctionName(function));
  std::map<std::string, OnnxGraphSize, std::less<>> sizes;
  for (const auto function : parts.functions) {
    for (const auto opset : FunctionOpsets(function)) EDGEWISE_TRY(CheckOpset(opset));
    EDGEWISE_ASSIGN(sizes[FunctionName(function)], check.CheckFunction(function));
  }
  EDGEWISE_ASSIGN(const auto graph, check.CheckGraph(*parts.graph));
  EDGEWISE_TRY(Functions(limits, std::move(sizes)).Check(graph));
  return check.facts();
}

}  // namespace edgewise::score::detail
