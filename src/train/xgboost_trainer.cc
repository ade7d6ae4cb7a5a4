#include "train/xgboost_trainer.h"

#include "train/detail/booster.h"
#include "train/detail/dataset_check.h"
#include "train/detail/xgboost_model.h"
#include "train/onnx_writer.h"

namespace edgewise::train {
namespace {

class XgboostTrainer final : public Trainer {
 public:
  explicit XgboostTrainer(const XgboostOptions& options) : threads_(options.threads) {}

  Result<std::string> Fit(const Dataset& data, const Recipe& recipe) override {
    EDGEWISE_TRY(detail::CheckFit(data, recipe));
    EDGEWISE_ASSIGN(const auto json, detail::GrowTrees(data, recipe, threads_));
    EDGEWISE_ASSIGN(const auto forest, detail::ReadXgboostModel(json));
    return WriteOnnx(forest);
  }

 private:
  int threads_;
};

}  // namespace

std::unique_ptr<Trainer> MakeXgboostTrainer(const XgboostOptions& options) { return std::make_unique<XgboostTrainer>(options); }

}  // namespace edgewise::train
