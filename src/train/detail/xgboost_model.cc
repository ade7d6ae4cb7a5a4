#include "train/detail/xgboost_model.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace edgewise::train::detail {
namespace {

using Json = nlohmann::json;

std::unexpected<Error> Unreadable(std::string_view what) {
  return Fail(Code::kInternal, fmt::format("XGBoost's model cannot be read: {}", what));
}

/// The arrays of one tree in XGBoost's JSON.
struct Arrays {
  const Json &left, &right, &feature, &value, &missing_left;
};

bool Truth(const Json& value) { return value.is_boolean() ? value.get<bool>() : value.get<int>() != 0; }

/// Copies the nodes below `from` in preorder; answers where `from` went. Depth is at most the recipe's.
std::int32_t Copy(const Arrays& arrays, std::size_t from, std::vector<Node>& nodes) {
  const auto to = nodes.size();
  nodes.push_back({.value = arrays.value.at(from).get<float>()});
  const auto left = arrays.left.at(from).get<int>();
  if (left >= 0) {
    nodes[to].feature = arrays.feature.at(from).get<std::int32_t>();
    nodes[to].missing_left = Truth(arrays.missing_left.at(from));
    nodes[to].left = Copy(arrays, static_cast<std::size_t>(left), nodes);
    nodes[to].right = Copy(arrays, arrays.right.at(from).get<std::size_t>(), nodes);
  }
  return static_cast<std::int32_t>(to);
}

bool SplitsByCategory(const Json& tree) {
  for (const auto& type : tree.value("split_type", Json::array())) {
    if (type.get<int>() != 0) return true;
  }
  return false;
}

/// 1.7 writes the score "5E-1", 3.x "[5E-1]".
float BaseMargin(std::string text) {
  if (text.starts_with('[')) text.erase(0, 1);
  const float score = std::stof(text);
  return std::log(score / (1 - score));
}

Result<Forest> Read(const Json& json) {
  const auto& learner = json.at("learner");
  if (learner.at("objective").at("name") != "binary:logistic") return Unreadable("the objective is not logistic");
  const auto& parameters = learner.at("learner_model_param");
  Forest forest;
  forest.columns = std::stoul(parameters.at("num_feature").get<std::string>());
  forest.base_margin = BaseMargin(parameters.at("base_score").get<std::string>());
  for (const auto& tree : learner.at("gradient_booster").at("model").at("trees")) {
    if (SplitsByCategory(tree)) return Unreadable("a split by category");
    const Arrays arrays{.left = tree.at("left_children"),
                        .right = tree.at("right_children"),
                        .feature = tree.at("split_indices"),
                        .value = tree.at("split_conditions"),
                        .missing_left = tree.at("default_left")};
    Copy(arrays, 0, forest.trees.emplace_back());
  }
  EDGEWISE_TRY(Check(forest));
  return forest;
}

}  // namespace

Result<Forest> ReadXgboostModel(std::string_view text) {
  try {
    return Read(Json::parse(text));
  } catch (const std::exception& error) {
    return Unreadable(error.what());
  }
}

}  // namespace edgewise::train::detail
