#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "child.h"

namespace edgewise::demo {

/// `edgewise up` as a process of its own, and where its parts answer. It runs until this object goes.
struct Started {
  Child child;
  std::string hub, registry;
  std::vector<std::string> sites;  ///< In the order that was asked for.
};

/// Starts `program up -c folder/edgewise.toml` and waits until it answers. Errors: kInternal (it did not start: names its log).
Result<Started> StartUp(const std::filesystem::path& program, const std::filesystem::path& folder, const std::vector<std::string>& sites);

}  // namespace edgewise::demo
