#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "base/files.h"
#include "deploy/target.h"
#include "train/onnx_writer.h"

namespace edgewise::deploy::test {

inline Deadline Soon() { return Deadline::After(std::chrono::seconds(20)); }

/// A folder of its own, with a short path (it holds sockets), removed at the end.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = "/tmp/edgewise_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// One stump over three columns; `weight` tells versions apart.
inline std::string MadeOnnx(float weight) {
  const train::Node root{.left = 1, .right = 2, .feature = 0, .value = 0.5F, .missing_left = true};
  return train::WriteOnnx({.columns = 3, .base_margin = 0, .trees = {{root, train::Node{.value = weight}, train::Node{.value = -weight}}}});
}

inline ModelOnDisk MadeModel(const std::filesystem::path& folder, const std::string& onnx) {
  const auto digest = Digest::Of(onnx);
  const auto directory = folder / digest.Hex();
  EXPECT_TRUE(SystemFiles().MakeDirs(directory));
  EXPECT_TRUE(SystemFiles().ReplaceDurably(directory / "model.onnx", onnx));
  return {"delay", digest, directory};
}

/// The promises of target.h, for every implementation. A rig has `Target& target()`.
template <class Rig>
class TargetConformance : public testing::Test {
 protected:
  Target& target() { return rig_.target(); }
  ModelOnDisk Model(float weight) { return MadeModel(folder_.path(), MadeOnnx(weight)); }
  float Score(const Running& running) {
    const auto scores = running.engine().Score(std::vector<float>{0, 0, 0}, Soon());
    EXPECT_TRUE(scores) << scores.error().message;
    return scores ? scores->at(1) : -1;
  }

  TestFolder folder_;
  Rig rig_;
};
TYPED_TEST_SUITE_P(TargetConformance);

TYPED_TEST_P(TargetConformance, WhatHasStartedScores) {
  const auto running = this->target().Start(this->Model(1), Soon());
  ASSERT_TRUE(running) << running.error().message;
  EXPECT_TRUE((*running)->Alive());
  EXPECT_EQ((*running)->engine().width(), 3U);
  EXPECT_GT(this->Score(**running), 0);
}

TYPED_TEST_P(TargetConformance, TwoVersionsRunSideBySideAndOneStopsAlone) {
  auto first = this->target().Start(this->Model(1), Soon());
  const auto second = this->target().Start(this->Model(2), Soon());
  ASSERT_TRUE(first && second);
  EXPECT_NE(this->Score(**first), this->Score(**second));
  first->reset();
  EXPECT_TRUE((*second)->Alive());
  EXPECT_GT(this->Score(**second), 0);
}

TYPED_TEST_P(TargetConformance, AModelThatIsNotThereIsRefusedAndTheNextStarts) {
  auto missing = this->Model(1);
  missing.directory /= "nowhere";
  const auto refused = this->target().Start(missing, Soon());
  ASSERT_FALSE(refused);
  EXPECT_TRUE(this->target().Start(this->Model(1), Soon()));
}

TYPED_TEST_P(TargetConformance, NothingStartsOutOfTime) {
  const auto late = this->target().Start(this->Model(1), Deadline::After(-std::chrono::seconds(1)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::kDeadlineExceeded);
}

REGISTER_TYPED_TEST_SUITE_P(TargetConformance, WhatHasStartedScores, TwoVersionsRunSideBySideAndOneStopsAlone,
                            AModelThatIsNotThereIsRefusedAndTheNextStarts, NothingStartsOutOfTime);

}  // namespace edgewise::deploy::test
