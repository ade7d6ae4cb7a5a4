#include "deploy/inline_target.h"

#include <limits>
#include <vector>

#include "score/served_model.h"

namespace edgewise::deploy {
namespace {

class InlineScorer final : public Running {
 public:
  explicit InlineScorer(std::unique_ptr<score::Engine> engine) : engine_(std::move(engine)) {}
  const score::Engine& engine() const override { return *engine_; }
  bool Alive() override { return true; }
  void Kill() override {}
  int pid() const override { return 0; }

 private:
  std::unique_ptr<score::Engine> engine_;
};

}  // namespace

Result<void> ScoreOneRow(const score::Engine& engine, Deadline deadline) {
  const std::vector<float> row(engine.width(), std::numeric_limits<float>::quiet_NaN());
  EDGEWISE_ASSIGN(const auto scores, engine.Score(row, deadline));
  if (scores.size() != engine.classes()) return Fail(Code::kInvalidArgument, "the model did not give one score per class");
  return {};
}

Result<std::unique_ptr<Running>> InlineTarget::Start(const ModelOnDisk& model, Deadline deadline) {
  auto loaded = score::LoadServedModel(SystemFiles(), model.directory, model.name);
  if (!loaded) {
    const bool missing = loaded.error().code == Code::kNotFound;
    return Fail(missing ? Code::kInvalidArgument : loaded.error().code, std::move(loaded.error().message));
  }
  EDGEWISE_TRY(ScoreOneRow(*loaded->engine, deadline));
  return std::make_unique<InlineScorer>(std::move(loaded->engine));
}

}  // namespace edgewise::deploy
