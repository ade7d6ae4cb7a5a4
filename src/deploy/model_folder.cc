#include "deploy/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace edgewise::deploy {
namespace {

using nlohmann::json;

constexpr std::string_view kSchema = "edgewise.pulled.v1";
constexpr std::array<const char*, 2> kNeeded = {"model.onnx", "model.json"};
constexpr const char* kIndex = "files.json";

Result<std::string> ReadChecked(Files& files, const std::filesystem::path& folder, const json& index, const char* name) {
  const auto damaged = [&] {
    return Fail(Code::kDataLoss, fmt::format("{} does not fit the digest noted when it was pulled", (folder / name).string()));
  };
  auto bytes = files.Read(folder / name);
  if (!bytes) {
    if (bytes.error().code == Code::kNotFound) return damaged();
    return bytes;
  }
  const auto noted = index.find(name);
  if (noted == index.end() || !noted->is_string() || noted->get<std::string>() != Digest::Of(*bytes).ToString()) return damaged();
  return bytes;
}

}  // namespace

Result<CheckedModel> ModelFolder::Get(const DesiredModel& model) {
  const auto folder = PathOf(model.digest);
  EDGEWISE_ASSIGN(const auto text, files_.Read(folder / kIndex));
  const auto index = json::parse(text, nullptr, false);
  if (!index.is_object() || index.value("schema", "") != kSchema) {
    return Fail(Code::kDataLoss, fmt::format("{} is damaged", (folder / kIndex).string()));
  }
  std::string card_text;
  for (const auto* name : kNeeded) {
    EDGEWISE_ASSIGN(card_text, ReadChecked(files_, folder, index, name));
  }
  EDGEWISE_ASSIGN(auto card, train::CardFromJson(card_text));
  return CheckedModel{{model.name, model.digest, folder}, std::make_shared<const train::ModelCard>(std::move(card))};
}

Result<CheckedModel> ModelFolder::Put(const DesiredModel& model, const std::vector<package::File>& image) {
  const auto folder = PathOf(model.digest);
  EDGEWISE_TRY(files_.MakeDirs(folder));
  json index = {{"schema", kSchema}};
  for (const auto* name : kNeeded) {
    const auto file = std::ranges::find(image, name, &package::File::path);
    if (file == image.end()) return Fail(Code::kInvalidArgument, fmt::format("the image of model \"{}\" holds no {}", model.name, name));
    EDGEWISE_TRY(files_.ReplaceDurably(folder / name, file->bytes));
    index[name] = Digest::Of(file->bytes).ToString();
  }
  EDGEWISE_TRY(files_.ReplaceDurably(folder / kIndex, index.dump()));
  return Get(model);
}

Result<std::size_t> ModelFolder::KeepOnly(const std::set<Digest>& digests) {
  std::size_t removed = 0;
  EDGEWISE_ASSIGN(const auto names, files_.List(folder_));
  for (const auto& name : names) {
    const auto digest = Digest::Parse("sha256:" + name);
    if (!digest || digests.contains(*digest)) continue;    // what is not ours stays
    EDGEWISE_TRY(files_.Remove(folder_ / name / kIndex));  // first: without it nobody takes the rest for a model
    EDGEWISE_ASSIGN(const auto rest, files_.List(folder_ / name));
    for (const auto& file : rest) EDGEWISE_TRY(files_.Remove(folder_ / name / file));
    EDGEWISE_TRY(files_.Remove(folder_ / name));
    ++removed;
  }
  return removed;
}

}  // namespace edgewise::deploy
