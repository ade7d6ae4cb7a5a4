// edgewise_bench_models FOLDER: writes a model repository (NAME/1/model.onnx) with the three models of the protocol benchmark, the same
// bytes each time. trees: 100 of depth six, 20 features. network: 20-64-64-2. images: 3x64x64 through five convolutions, 5 to 10 ms a row.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "onnx_graph.h"
#include "train/onnx_writer.h"

namespace edgewise::bench {
namespace {

constexpr int kFeatures = 20, kTrees = 100, kBranches = 63;  // full trees of depth six

float Between(std::mt19937& random, float limit) { return limit * (static_cast<float>(random() >> 8) / static_cast<float>(1 << 23) - 1); }

std::string Trees() {
  std::mt19937 random(7);
  train::Forest forest{.columns = kFeatures, .base_margin = 0, .trees = {}};
  for (int tree = 0; tree < kTrees; ++tree) {
    auto& nodes = forest.trees.emplace_back();
    for (int i = 0; i < kBranches; ++i) {
      const auto feature = static_cast<std::int32_t>(random() % kFeatures);
      nodes.push_back({2 * i + 1, 2 * i + 2, feature, Between(random, 1), i % 2 == 0});
    }
    for (int i = 0; i <= kBranches; ++i) nodes.push_back({-1, -1, 0, Between(random, 0.05F), false});
  }
  return train::WriteOnnx(forest);
}

std::string Network() {
  OnnxGraph graph("features", {kFeatures});
  graph.Dense(kFeatures, 64);
  graph.Plain("Relu");
  graph.Dense(64, 64);
  graph.Plain("Relu");
  graph.Dense(64, 2);
  return graph.bytes("probabilities", 2);
}

std::string Images() {
  OnnxGraph graph("image", {3, 64, 64});
  graph.Convolution(3, 32);
  graph.Plain("Relu");
  graph.Convolution(32, 64);
  graph.Plain("Relu");
  graph.HalveSize();
  graph.Convolution(64, 64);
  graph.Plain("Relu");
  graph.Convolution(64, 96);
  graph.Plain("Relu");
  graph.Convolution(96, 160);
  graph.Plain("Relu");
  graph.Plain("GlobalAveragePool");
  graph.Plain("Flatten");
  graph.Dense(160, 10);
  return graph.bytes("probabilities", 10);
}

bool Write(const std::filesystem::path& repository, std::string_view name, const std::string& model) {
  const auto folder = repository / name / "1";
  std::filesystem::create_directories(folder);
  std::ofstream file(folder / "model.onnx", std::ios::binary);
  file << model;
  return static_cast<bool>(file.flush());
}

}  // namespace
}  // namespace edgewise::bench

int main(int count, char** words) {
  using namespace edgewise::bench;
  if (count != 2 || words[1][0] == '-') {  // a folder called --help is nobody's wish
    fmt::print(stderr, "usage: edgewise_bench_models FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = words[1];
  const bool written = Write(folder, "trees", Trees()) && Write(folder, "network", Network()) && Write(folder, "images", Images());
  if (!written) fmt::print(stderr, "bench: cannot write models below {}\n", words[1]);
  return written ? 0 : 1;
}
