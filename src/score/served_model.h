#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "feature/program.h"
#include "score/engine.h"

namespace edgewise::score {

inline constexpr std::string_view kInputName = "features";
inline constexpr std::string_view kOutputName = "probabilities";

/// A model with what a server needs to answer for it. Immutable once served.
struct ServedModel {
  std::string name;
  std::string version = "1";  ///< Label for people.
  std::unique_ptr<Engine> engine;
  std::optional<feature::Program> program;  ///< Encodes named values; without it rows are numbers in the model's order.

  std::size_t width() const { return engine->width(); }
};

/// Reads model.onnx and, if it is there, model.json of a directory, and loads the engine.
/// Errors: kNotFound (no model.onnx), kInvalidArgument (card or model cannot be used, says why), as LoadOnnxEngine().
Result<ServedModel> LoadServedModel(Files& files, const std::filesystem::path& directory, std::string_view name);

}  // namespace edgewise::score
