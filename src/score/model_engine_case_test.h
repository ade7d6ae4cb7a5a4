#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "score/made_tensors_test.h"
#include "score/model_engine.h"

namespace edgewise::score::test {

/// What the suites of a ModelEngine share. A rig has `const ModelEngine& engine()`: one input, FP32 [-1,width], and
/// outputs of which none depends on a row's neighbours.
template <class Rig>
class ModelEngineCase : public testing::Test {
 protected:
  const ModelEngine& engine() { return rig_.engine(); }
  std::size_t width() { return static_cast<std::size_t>(engine().signature().inputs[0].shape[1]); }
  std::unique_ptr<Runner> MakeRunner() {
    auto runner = engine().MakeRunner();
    EXPECT_TRUE(runner) << runner.error().message;
    return runner ? std::move(*runner) : nullptr;
  }
  std::vector<std::size_t> AllOutputs() {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < engine().signature().outputs.size(); ++i) all.push_back(i);
    return all;
  }
  std::vector<Answer> Run(Runner& runner, const TensorView& input) {
    const auto outputs = runner.Run({&input, 1}, AllOutputs());
    EXPECT_TRUE(outputs) << outputs.error().message;
    return outputs ? Kept(*outputs) : std::vector<Answer>();
  }
  std::vector<Answer> Run(Runner& runner, const Floats& input) { return Run(runner, input.View()); }
  Code Refused(Runner& runner, const TensorView& input, const std::vector<std::size_t>& outputs) {
    const auto ran = runner.Run({&input, 1}, outputs);
    return ran ? Code::kInternal : ran.error().code;
  }

  Rig rig_;
};

}  // namespace edgewise::score::test
