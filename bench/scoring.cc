#include "scoring.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cmath>
#include <random>

#include "score/scorer_client.h"
#include "train/onnx_writer.h"

namespace edgewise::bench {
namespace {

constexpr std::size_t kColumns = 40;
constexpr int kTrees = 300, kBranches = 63;  // full trees of depth six

std::vector<train::Node> MadeTree(std::mt19937& random) {
  std::uniform_real_distribution<float> value(-1, 1);
  std::uniform_int_distribution<int> feature(0, kColumns - 1);
  std::vector<train::Node> nodes;
  for (int i = 0; i < kBranches; ++i) nodes.push_back({2 * i + 1, 2 * i + 2, feature(random), value(random), i % 2 == 0});
  for (int i = 0; i <= kBranches; ++i) nodes.push_back({-1, -1, 0, 0.02F * value(random), false});
  return nodes;
}

std::string MadeModel() {
  std::mt19937 random(7);
  train::Forest forest{.columns = kColumns, .base_margin = 0, .trees = {}};
  for (int i = 0; i < kTrees; ++i) forest.trees.push_back(MadeTree(random));
  return train::WriteOnnx(forest);
}

Deadline Soon() { return Deadline::After(std::chrono::seconds(30)); }

}  // namespace

Result<std::unique_ptr<ScoringBench>> ScoringBench::Make() {
  std::unique_ptr<ScoringBench> bench(new ScoringBench);
  for (std::size_t i = 0; i < kColumns; ++i) bench->row_.push_back(std::sin(static_cast<float>(i)));
  bench->body_ = fmt::format(R"({{"rows":[[{}]]}})", fmt::join(bench->row_, ","));
  const auto onnx = MadeModel();
  EDGEWISE_ASSIGN(bench->engine_, score::LoadOnnxEngine(onnx));
  EDGEWISE_TRY(bench->files_.MakeDirs("model"));
  EDGEWISE_TRY(bench->files_.ReplaceDurably("model/model.onnx", onnx));
  EDGEWISE_ASSIGN(bench->models_, score::ModelRepository::OpenOne(bench->files_, "model", "delay", {}));
  // Not on the disk that is measured: a socket's path may have 107 characters only.
  const auto socket = std::filesystem::temp_directory_path() / fmt::format("edgewise-bench-{}.sock", getpid());
  score::ScoreServer::Options options;
  options.addresses = {{"127.0.0.1:0"}, {"unix:" + socket.string()}};
  EDGEWISE_ASSIGN(bench->server_, score::ScoreServer::Start(*bench->models_, std::move(options)));
  EDGEWISE_ASSIGN(bench->remote_, score::ConnectScorer(socket, "delay", Soon()));
  bench->client_ = std::make_unique<net::HttpClient>(net::Address{bench->server_->addresses().at(0)});
  return bench;
}

Result<std::uint64_t> ScoringBench::ScoreIn(const score::Engine& engine) {
  EDGEWISE_ASSIGN(const auto scores, engine.Score(row_, Soon()));
  return scores.empty() ? 0 : 1;
}

Result<std::uint64_t> ScoringBench::Post() {
  EDGEWISE_ASSIGN(const auto answer, client_->Send({.method = "POST", .target = "/score/delay", .headers = {}, .body = body_}, Soon()));
  if (answer.status != 200) return Fail(net::CodeOf(answer.status), answer.body);
  return 1;
}

std::vector<Series> ScoringBench::series() {
  const std::string group = "one row at a time";
  return {{group, "in process, ONNX engine", "rows", [this] { return ScoreIn(*engine_); }, {}},
          {group, "Unix socket, binary tensors", "rows", [this] { return ScoreIn(*remote_); }, {}},
          {group, "HTTP over TCP, JSON", "rows", [this] { return Post(); }, {}}};
}

}  // namespace edgewise::bench
