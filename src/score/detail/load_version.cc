#include "score/detail/load_version.h"

#include <fmt/format.h>

#include "train/model.h"

namespace edgewise::score::detail {
namespace {

/// Whether rows that the program encodes are what the model takes: one table of floats, a column for each output of the program.
Result<void> Belongs(const feature::Program& program, const Signature& signature) {
  const std::size_t columns = program.outputs().size();
  const auto fits = [&](const TensorInfo& input) {
    return input.type == DataType::kFp32 && input.shape.size() == 2 &&
           (input.shape[1] == -1 || input.shape[1] == static_cast<std::int64_t>(columns));
  };
  if (signature.inputs.size() == 1 && fits(signature.inputs[0])) return {};
  return Fail(Code::kInvalidArgument,
              fmt::format("model.json declares {} columns, and model.onnx does not take one float32 table of so many: "
                          "they do not belong together",
                          columns));
}

Result<void> ReadCard(std::string_view json, LoadedVersion::Parts& parts) {
  if (json.empty()) return {};
  EDGEWISE_ASSIGN(const auto card, train::ServedCardFromJson(json));
  if (!card.version.empty()) parts.title = card.version;
  if (card.program.empty()) return {};
  EDGEWISE_ASSIGN(auto program, feature::Program::FromJson(card.program));
  EDGEWISE_TRY(Belongs(program, parts.engine->signature()));
  parts.program = std::move(program);
  return {};
}

}  // namespace

Result<ReadyVersion> LoadVersion(const Workshop& workshop, std::string model, std::uint64_t number, ModelFiles files,
                                 ModelSettings settings) {
  const auto& options = workshop.options;
  LoadedVersion::Parts parts;
  parts.model = std::move(model);
  parts.version = parts.title = std::to_string(number);
  EDGEWISE_ASSIGN(parts.engine, options.open_engine ? options.open_engine(files.onnx) : OpenOnnxModel(files.onnx));
  files.onnx = std::string();  // the engine has its own by now
  EDGEWISE_TRY(ReadCard(files.card, parts));
  parts.max_rows = options.max_rows;
  EDGEWISE_ASSIGN(auto warm_up, WarmUp(*parts.engine, settings.max_rows == 0 ? options.max_rows : settings.max_rows, *workshop.watchdog,
                                       Deadline::After(options.warm_up).time()));
  parts.cost = warm_up.cost;
  parts.settings = std::move(settings);
  parts.threads = options.threads;
  parts.workers = options.workers;
  parts.pool = workshop.pool;
  parts.idle_pool = workshop.idle_pool;
  parts.watchdog = workshop.watchdog;
  const auto release = [later = workshop.release](LoadedVersion* version) { later(std::unique_ptr<LoadedVersion>(version)); };
  ReadyVersion ready{.version = {std::make_unique<LoadedVersion>(std::move(parts)).release(), release}, .remark = ""};
  if (!warm_up.cost) ready.remark = fmt::format("a run on zeros was refused or stopped, so its cost is not known yet: {}", warm_up.refusal);
  return ready;
}

}  // namespace edgewise::score::detail
