#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace edgewise {

struct TableFile {
  std::string name;
  std::filesystem::path file;
  std::string key;
  std::vector<std::string> columns;
};

struct SiteAddress {
  std::string name;
  std::string address;
};

/// What `edgewise up -c FILE` builds. Paths are taken from the folder of the file.
struct Configuration {
  std::filesystem::path state;  ///< Everything that is written goes below it.
  std::filesystem::path features, rules, policy;
  std::vector<TableFile> tables;
  std::string hub, registry;
  std::vector<SiteAddress> sites;
  bool replay = false;
  std::string target = "process";  ///< or "inline": no scorer processes
};

/// Errors: kNotFound (no such file), kInvalidArgument (line, key, and what was expected).
Result<Configuration> ReadConfiguration(const std::filesystem::path& file);

}  // namespace edgewise
