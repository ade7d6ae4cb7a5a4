#include <fstream>
#include <iterator>

#include "score/detail/onnx_library.h"
#include "score/engine_conformance.h"
#include "score/fake_engine.h"
#include "score/made_model_test.h"

namespace edgewise::score::test {
namespace {

struct OnnxRig {
  OnnxRig() : loaded(LoadOnnxEngine(MadeOnnx(5))) {}
  const Engine& engine() {
    EXPECT_TRUE(loaded) << loaded.error().message;
    return **loaded;
  }
  Result<std::unique_ptr<Engine>> loaded;
};

struct FakeRig {
  const Engine& engine() { return fake; }
  FakeEngine fake{5};
};

using Rigs = testing::Types<OnnxRig, FakeRig>;
INSTANTIATE_TYPED_TEST_SUITE_P(Engines, EngineConformance, Rigs);

TEST(OnnxEngine, AgreesWithTheTrees) {
  const auto forest = MadeForest(7);
  const auto engine = LoadOnnxEngine(train::WriteOnnx(forest));
  ASSERT_TRUE(engine) << engine.error().message;
  const auto rows = MadeRows(1000, 7, 11);
  const auto scores = (*engine)->Score(rows, Soon());
  ASSERT_TRUE(scores) << scores.error().message;
  const auto expected = train::Probabilities(forest, rows);
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR((*scores)[2 * i + 1], expected[i], 1e-6) << i;
}

TEST(OnnxEngine, RefusesBytesThatAreNoModel) {
  for (const auto& bytes : {std::string(), std::string("not a model"), MadeOnnx(5).substr(0, 60)}) {
    const auto engine = LoadOnnxEngine(bytes);
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, Code::kInvalidArgument) << engine.error().message;
  }
}

TEST(OnnxEngine, AMissingLibraryIsNamedWithTheFix) {
  ASSERT_EQ(setenv("EDGEWISE_ONNXRUNTIME", "/nowhere/libonnxruntime.so.1", 1), 0);
  const auto engine = LoadOnnxEngine(MadeOnnx(5));
  unsetenv("EDGEWISE_ONNXRUNTIME");
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, Code::kFailedPrecondition);
  EXPECT_NE(engine.error().message.find("/nowhere/libonnxruntime.so.1"), std::string::npos);
  EXPECT_NE(engine.error().message.find("tools/bootstrap"), std::string::npos);
}

// Builds of ONNX Runtime that upload telemetry read this variable; ours must have nothing to switch off.
TEST(OnnxLibrary, CarriesNoTelemetryUploader) {
  const auto library = detail::OnnxLibrary::Open();
  ASSERT_TRUE(library) << library.error().message;
  std::ifstream file((*library)->path(), std::ios::binary);
  if (!file) GTEST_SKIP() << "found by the loader's own search: " << (*library)->path();
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_GT(bytes.size(), 1'000'000U);
  EXPECT_EQ(bytes.find("ORT_DISABLE_TELEMETRY"), std::string::npos) << (*library)->version();
}

TEST(FakeEngine, FailsOnceWhenTold) {
  FakeEngine engine(2);
  engine.FailNext({Code::kUnavailable, "gone"});
  EXPECT_EQ(engine.Score(std::vector<float>{1, 2}, Soon()).error().code, Code::kUnavailable);
  EXPECT_TRUE(engine.Score(std::vector<float>{1, 2}, Soon()));
}

}  // namespace
}  // namespace edgewise::score::test
