#include "train/detail/booster.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "train/detail/quantile_matrix.h"

namespace edgewise::train::detail {
namespace {

std::vector<std::pair<std::string, std::string>> Parameters(const Recipe& recipe, int threads) {
  return {{"objective", "binary:logistic"},
          {"tree_method", "hist"},
          {"base_score", "0.5"},  // 2.x and later would estimate one of their own
          {"verbosity", "0"},
          {"nthread", std::to_string(threads)},
          {"seed", std::to_string(recipe.seed)},
          {"max_depth", std::to_string(recipe.max_depth)},
          {"max_bin", std::to_string(recipe.max_bin)},
          {"eta", fmt::format("{}", recipe.eta)},
          {"min_child_weight", fmt::format("{}", recipe.min_child_weight)},
          {"subsample", fmt::format("{}", recipe.subsample)},
          {"colsample_bytree", fmt::format("{}", recipe.colsample)}};
}

class Booster {
 public:
  static Result<Booster> Make(const QuantileMatrix& rows) {
    const DMatrixHandle handles[] = {rows.handle()};
    BoosterHandle handle = nullptr;
    EDGEWISE_TRY(Checked(XGBoosterCreate(handles, 1, &handle)));
    return Booster(handle);
  }
  Booster(Booster&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Booster& operator=(Booster&&) = delete;
  ~Booster() {
    if (handle_ != nullptr) XGBoosterFree(handle_);
  }

  Result<void> Set(const std::string& name, const std::string& value) {
    return Checked(XGBoosterSetParam(handle_, name.c_str(), value.c_str()));
  }
  Result<void> Round(int round, const QuantileMatrix& rows) { return Checked(XGBoosterUpdateOneIter(handle_, round, rows.handle())); }
  Result<std::string> Json() {
    bst_ulong size = 0;
    const char* bytes = nullptr;
    EDGEWISE_TRY(Checked(XGBoosterSaveModelToBuffer(handle_, R"({"format":"json"})", &size, &bytes)));
    return std::string(bytes, size);
  }

 private:
  explicit Booster(BoosterHandle handle) : handle_(handle) {}

  BoosterHandle handle_;
};

}  // namespace

Result<std::string> GrowTrees(const Dataset& data, const Recipe& recipe, int threads) {
  EDGEWISE_ASSIGN(const auto rows, QuantileMatrix::Make(data, recipe.max_bin, threads));
  EDGEWISE_ASSIGN(auto booster, Booster::Make(rows));
  for (const auto& [name, value] : Parameters(recipe, threads)) EDGEWISE_TRY(booster.Set(name, value));
  for (int round = 0; round < recipe.rounds; ++round) EDGEWISE_TRY(booster.Round(round, rows));
  return booster.Json();
}

}  // namespace edgewise::train::detail
