#pragma once

#include <filesystem>
#include <string>

namespace edgewise::bench {

/// What the figures depend on, besides our code.
struct Machine {
  unsigned cores = 0;
  std::string processor;
  double memory_gib = 0;
  std::string kernel;
  double load = 0;  ///< Processes that wanted a core in the last minute, before we began.
  std::string file_system;
  bool optimised = false;  ///< A release build.

  bool busy() const { return load > 0.5; }
};

Machine LookAround(const std::filesystem::path& folder);

}  // namespace edgewise::bench
