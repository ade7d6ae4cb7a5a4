#include "score/served_model.h"

#include <fmt/format.h>

#include "train/model.h"

namespace edgewise::score {
namespace {

Result<void> ReadCard(std::string_view json, ServedModel& model) {
  EDGEWISE_ASSIGN(const auto card, train::CardFromJson(json));
  if (!card.version.empty()) model.version = card.version;
  if (card.program.empty()) return {};
  EDGEWISE_ASSIGN(auto program, feature::Program::FromJson(card.program));
  if (program.outputs().size() != model.width()) {
    return Fail(Code::kInvalidArgument, fmt::format("model.json declares {} columns, model.onnx takes {}: they do not belong together",
                                                    program.outputs().size(), model.width()));
  }
  model.program = std::move(program);
  return {};
}

}  // namespace

Result<ServedModel> LoadServedModel(Files& files, const std::filesystem::path& directory, std::string_view name) {
  const auto named = [&](Error error) { return Fail(error.code, fmt::format("model \"{}\": {}", name, error.message)); };
  auto onnx = files.Read(directory / "model.onnx");
  if (!onnx) return named(std::move(onnx.error()));
  ServedModel model{.name = std::string(name), .version = "1", .engine = nullptr, .program = std::nullopt};
  auto engine = LoadOnnxEngine(*onnx);
  if (!engine) return named(std::move(engine.error()));
  model.engine = std::move(*engine);
  const auto card = files.Read(directory / "model.json");
  if (!card && card.error().code == Code::kNotFound) return model;
  if (!card) return named(card.error());
  if (auto read = ReadCard(*card, model); !read) return named(std::move(read.error()));
  return model;
}

}  // namespace edgewise::score
