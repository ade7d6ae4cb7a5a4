#pragma once

#include <string>

#include "train/forest.h"
#include "train/onnx_writer.h"

namespace edgewise::score::test {

/// Two stumps over the first two of `columns`: enough for scores that differ. `base` tells versions apart.
inline train::Forest MadeForest(std::size_t columns, float base = 0.25F) {
  const auto stump = [](int feature, float threshold, float left, float right, bool missing_left) {
    return std::vector<train::Node>{{.left = 1, .right = 2, .feature = feature, .value = threshold, .missing_left = missing_left},
                                    {.value = left, .missing_left = false},
                                    {.value = right, .missing_left = false}};
  };
  return {.columns = columns, .base_margin = base, .trees = {stump(0, 0.5F, -1, 1, true), stump(1, -1, 0.75F, -0.5F, false)}};
}

inline std::string MadeOnnx(std::size_t columns, float base = 0.25F) { return train::WriteOnnx(MadeForest(columns, base)); }

}  // namespace edgewise::score::test
