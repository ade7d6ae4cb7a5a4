#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "score/model_repository.h"
#include "score/model_settings.h"

namespace edgewise::score::detail {

inline constexpr std::string_view kModelFile = "model.onnx";
inline constexpr std::string_view kCardFile = "model.json";
inline constexpr std::string_view kReferenceFile = "model.ref";
inline constexpr std::string_view kSettingsFile = "serving.toml";

/// [A-Za-z0-9._-]{1,128}, and neither "." nor "-" first: nothing that a path, a URL or a metric's label could take for something else.
bool IsModelName(std::string_view name);
/// What a client sent as a name, for a message: short, printable ASCII; all else is '?'.
std::string Shown(std::string_view name);

struct FoundVersion {
  std::uint64_t number = 1;
  std::filesystem::path folder;
};

/// The folder of one model as it was when it was looked into.
struct ModelFolder {
  std::vector<FoundVersion> versions;  ///< Ascending, never empty.
  bool has_versions = false;           ///< False: the folder itself is version 1.
  bool has_settings = false;
};

/// Errors: kNotFound (no folder), kInvalidArgument (a folder, and no model in it).
Result<ModelFolder> LookInto(Files& files, const std::filesystem::path& folder);
/// serving.toml, if it is there. Errors: kInvalidArgument (file, line, key).
Result<ModelSettings> ReadSettings(Files& files, const std::filesystem::path& folder);
/// The versions to be loaded, ascending; "latest" is the newest that is no shadow. Errors: kNotFound (one that the settings name and that
/// is not there).
Result<std::vector<FoundVersion>> ServedVersions(const ModelFolder& folder, const ModelSettings& settings);
/// The bytes of a version, from its folder or from where `image` or its model.ref says. Errors: kNotFound, as Options::fetch.
Result<ModelFiles> ReadModel(Files& files, const std::filesystem::path& folder, const std::string& image,
                             const ModelRepository::Options& options);

/// How many models have a version that is ready.
std::size_t CountServed(const std::vector<ModelRepository::Entry>& index);
/// One line about an entry with a reason, for whoever started the scorer: which model and version is not served, or served with a remark.
std::string EntryText(const ModelRepository::Entry& entry);

}  // namespace edgewise::score::detail
