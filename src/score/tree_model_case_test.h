#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "score/detail/onnx_model.h"
#include "score/detail/tree_model.h"
#include "score/made_tensors_test.h"
#include "score/made_trees_test.h"

namespace edgewise::score::test {

/// One model twice: walked by us, and in ONNX Runtime.
struct Both {
  std::unique_ptr<ModelEngine> ours;
  std::unique_ptr<ModelEngine> theirs;
  bool walked = false;
};

inline Both OpenBoth(const std::string& onnx) {
  auto first = detail::OpenInOnnxRuntime(onnx);
  auto second = detail::OpenInOnnxRuntime(onnx);
  EXPECT_TRUE(first && second) << (first ? "" : first.error().message);
  if (!first || !second) return {};
  const auto* const before = first->get();
  Both both{.ours = detail::WithFlatTrees(onnx, std::move(*first)), .theirs = std::move(*second)};
  both.walked = both.ours.get() != before;
  return both;
}

/// Whether every bit of every output is the same for `rows` made rows, sent `at_once` at a time.
inline void ExpectSameBits(const Both& both, std::size_t rows, std::size_t at_once, unsigned seed) {
  const auto& signature = both.ours->signature();
  const auto width = static_cast<std::size_t>(signature.inputs[0].shape[1]);
  auto ours = both.ours->MakeRunner();
  auto theirs = both.theirs->MakeRunner();
  ASSERT_TRUE(ours && theirs);
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < signature.outputs.size(); ++i) wanted.push_back(i);
  for (std::size_t done = 0; done < rows; done += at_once) {
    const auto input = MadeTensor(at_once, width, static_cast<unsigned>(seed + done));
    const auto view = input.View();
    const auto mine = (*ours)->Run({&view, 1}, wanted);
    const auto other = (*theirs)->Run({&view, 1}, wanted);
    ASSERT_TRUE(mine && other);
    ASSERT_EQ(Kept(*mine), Kept(*other)) << "rows from " << done << ", seed " << seed;
  }
}

}  // namespace edgewise::score::test
