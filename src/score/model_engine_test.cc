#include "score/model_engine.h"

#include "score/detail/onnx_model.h"
#include "score/fake_model_engine.h"
#include "score/made_graph_test.h"
#include "score/made_model_test.h"
#include "score/model_engine_conformance.h"
#include "score/runner_conformance.h"

namespace edgewise::score::test {
namespace {

struct OnnxRig {
  OnnxRig() : opened(detail::OpenInOnnxRuntime(MadeOnnx(5))) {}
  const ModelEngine& engine() {
    EXPECT_TRUE(opened) << opened.error().message;
    return **opened;
  }
  Result<std::unique_ptr<ModelEngine>> opened;
};

struct FakeRig {
  const ModelEngine& engine() { return fake; }
  FakeModelEngine fake{5};
};

struct EchoRig {
  const ModelEngine& engine() { return fake; }
  FakeModelEngine fake{{{.name = "features", .type = DataType::kFp32, .shape = {-1, 5}}}};
};

using Rigs = testing::Types<OnnxRig, FakeRig, EchoRig>;
INSTANTIATE_TYPED_TEST_SUITE_P(Engines, ModelEngineConformance, Rigs);
INSTANTIATE_TYPED_TEST_SUITE_P(Engines, RunnerConformance, Rigs);

}  // namespace
}  // namespace edgewise::score::test
