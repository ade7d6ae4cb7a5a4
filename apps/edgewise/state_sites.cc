#include "state_sites.h"

#include <fmt/format.h>

#include "base/files.h"

namespace edgewise {

Result<std::vector<std::filesystem::path>> SiteFolders(const std::filesystem::path& state) {
  std::error_code ignored;
  if (std::filesystem::is_directory(state / "relay", ignored)) return std::vector{state};  // a site's own folder, or relay run's queue
  const auto sites = state / "sites";
  const auto names = SystemFiles().List(sites);
  if (!names && names.error().code != Code::kNotFound) return std::unexpected(names.error());
  if (!names || names->empty()) {
    return Fail(Code::kNotFound,
                fmt::format("{} holds no sites; name the folder that \"state\" names in the configuration of edgewise up", state.string()));
  }
  std::vector<std::filesystem::path> folders;
  for (const auto& name : *names) folders.push_back(sites / name);
  return folders;
}

}  // namespace edgewise
