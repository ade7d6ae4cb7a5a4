#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "queue/queue.h"
#include "site/durability.h"
#include "site/input_options.h"

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
  std::uint64_t epoch = 1;  ///< Life of its disk.
  site::InputOptions inputs{};
  site::DurabilityByModel durability{};
  std::uint64_t queue_mib = 2048;  ///< Of events that wait to leave.
  queue::WhenFull when_full = queue::WhenFull::kBlock;
};

/// A further challenger of one month.
struct ExtraChallenger {
  std::string on;  ///< Local date of the first of that month.
  std::string name, select;
  bool head_to_head = false;
};

/// When and how the hub improves a model.
struct ImprovePlan {
  std::string model;                           ///< Name and repository.
  std::vector<std::filesystem::path> history;  ///< Samples that the data scientist began with.
  std::string first, last;                     ///< Local dates of the first monthly challenger, and of the last ("" = no end).
  std::string samples_after;                   ///< Of the store, only samples of later local dates.
  std::vector<ExtraChallenger> extras;
};

/// What `edgewise up -c FILE` builds. Paths are taken from the folder of the file.
struct Configuration {
  std::filesystem::path state;  ///< Everything that is written goes below it.
  std::string store;            ///< Where what may leave goes: a folder or a URL (store_choice.h).
  std::filesystem::path features, rules, policy;
  std::vector<TableFile> tables;
  std::string hub, registry;
  std::vector<SiteAddress> sites;
  std::optional<ImprovePlan> improve;  ///< None: models come by `edgewise deploy` alone.
  std::filesystem::path pages;         ///< Of the hub; "" = beside the program.
  bool replay = false;
  std::string target = "process";  ///< or "inline": no scorer processes
};

/// Errors: kInvalidArgument (no such file; line, key, and what was expected).
Result<Configuration> ReadConfiguration(const std::filesystem::path& file);

}  // namespace edgewise
