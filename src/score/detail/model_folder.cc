#include "score/detail/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace edgewise::score::detail {
namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::size_t kShown = 64;

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool Holds(const std::vector<std::string>& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

bool IsModelName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name.front() != '.' && name.front() != '-' && std::ranges::all_of(name, IsPlain);
}

std::string Shown(std::string_view name) {
  std::string shown(name.substr(0, kShown));
  std::ranges::replace_if(shown, [](char c) { return c < ' ' || c > '~' || c == '"' || c == '\\'; }, '?');
  return name.size() > kShown ? shown + "..." : shown;
}

Result<ModelFolder> LookInto(Files& files, const std::filesystem::path& folder) {
  const auto names = files.List(folder);
  if (!names && names.error().code == Code::kNotFound) return Fail(Code::kNotFound, "its folder is gone");
  if (!names) return std::unexpected(names.error());
  ModelFolder found{.versions = {}, .has_versions = false, .has_settings = Holds(*names, kSettingsFile)};
  for (const auto& name : *names) {
    if (const auto number = VersionNumber(name)) found.versions.push_back({*number, folder / name});
  }
  std::ranges::sort(found.versions, {}, &FoundVersion::number);
  found.has_versions = !found.versions.empty();
  if (found.has_versions) return found;
  if (!Holds(*names, kModelFile) && !Holds(*names, kReferenceFile) && !found.has_settings) {
    return Fail(Code::kInvalidArgument, "the folder holds neither model.onnx nor a version such as 1/model.onnx");
  }
  found.versions.push_back({1, folder});
  return found;
}

Result<ModelSettings> ReadSettings(Files& files, const std::filesystem::path& folder) {
  const auto text = files.Read(folder / kSettingsFile);
  if (!text && text.error().code == Code::kNotFound) return ModelSettings();
  if (!text) return std::unexpected(text.error());
  return SettingsFromToml(*text, std::string(kSettingsFile));
}

Result<std::vector<FoundVersion>> ServedVersions(const ModelFolder& folder, const ModelSettings& settings) {
  if (!settings.image.empty() && folder.has_versions) {
    return Fail(Code::kInvalidArgument,
                "serving.toml names an image, and the folder has versions: put a model.ref into the version instead");
  }
  std::set<std::uint64_t> wanted(settings.listed.begin(), settings.listed.end());
  for (const auto& [label, number] : settings.labels) wanted.insert(number);
  for (const auto& [number, weight] : settings.weights) wanted.insert(number);
  if (settings.shadow) wanted.insert(*settings.shadow);
  std::uint64_t newest = 0;
  for (const auto& version : folder.versions) {
    if (version.number != settings.shadow) newest = version.number;
  }
  std::vector<FoundVersion> served;
  for (const auto& version : folder.versions) {
    const bool named = wanted.erase(version.number) == 1;
    const bool latest = version.number == newest && settings.served == ModelSettings::Served::kLatest;
    if (named || latest || settings.served == ModelSettings::Served::kAll) served.push_back(version);
  }
  if (wanted.empty()) return served;
  return Fail(Code::kNotFound, fmt::format("serving.toml names version {}, and there is no such folder", *wanted.begin()));
}

Result<ModelFiles> ReadModel(Files& files, const std::filesystem::path& folder, const std::string& image,
                             const ModelRepository::Options& options) {
  auto onnx = image.empty() ? files.Read(folder / kModelFile) : Fail(Code::kNotFound, "");
  if (onnx) {
    auto card = files.Read(folder / kCardFile);
    if (!card && card.error().code != Code::kNotFound) return std::unexpected(std::move(card.error()));
    return ModelFiles{std::move(*onnx), card ? std::move(*card) : std::string()};
  }
  if (onnx.error().code != Code::kNotFound) return std::unexpected(std::move(onnx.error()));
  auto reference = image.empty() ? files.Read(folder / kReferenceFile) : image;
  if (!reference && reference.error().code == Code::kNotFound) return Fail(Code::kNotFound, "there is no model.onnx");
  if (!reference) return std::unexpected(std::move(reference.error()));
  if (!options.fetch) return Fail(Code::kUnimplemented, "the model lies in a registry, and this scorer fetches none");
  return options.fetch(Trimmed(*reference));
}

std::size_t CountServed(const std::vector<ModelRepository::Entry>& index) {
  std::set<std::string_view> served;
  for (const auto& entry : index) {
    if (entry.state == "READY") served.insert(entry.model);
  }
  return served.size();
}

std::string EntryText(const ModelRepository::Entry& entry) {
  if (entry.version.empty()) return fmt::format("model \"{}\": none of its versions is served: {}", entry.model, entry.reason);
  const auto* state = entry.state == "READY" ? "is served, but" : "is not served";
  return fmt::format("model \"{}\", version {} {}: {}", entry.model, entry.version, state, entry.reason);
}

}  // namespace edgewise::score::detail
