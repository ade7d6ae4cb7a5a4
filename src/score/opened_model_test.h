#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "score/made_graph_test.h"
#include "score/model_engine.h"

namespace edgewise::score::test {

inline const std::vector<Axis> kRows{Rows()};

struct Opened {
  std::unique_ptr<ModelEngine> engine;
  std::unique_ptr<Runner> runner;
};

inline Opened Open(const std::string& onnx) {
  auto engine = OpenOnnxModel(onnx);
  EXPECT_TRUE(engine) << engine.error().message;
  if (!engine) return {};
  auto runner = (*engine)->MakeRunner();
  EXPECT_TRUE(runner);
  return {std::move(*engine), std::move(*runner)};
}

}  // namespace edgewise::score::test
