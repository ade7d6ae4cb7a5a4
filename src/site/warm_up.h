#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/files.h"
#include "base/result.h"
#include "feature/program.h"
#include "feature/record.h"

namespace edgewise::site {

/// Lets feature operators that are new to a site learn from its journal, aside: the site goes on answering meanwhile.
/// Lifecycle: Core::BeginWarmUp() makes it; CatchUp(), again and again until little is left; Core::Listen(); CatchUp(); Core::Adopt().
/// It reads the journal's files by itself, beside the one who writes them, and changes none. Memory: one segment of the journal.
/// Errors: as Journal. Threads: one at a time, any.
class WarmUp {
 public:
  struct Source {
    Files& files;
    std::filesystem::path journal;
    feature::Program streams;     ///< Declares the streams of the journal's records.
    std::uint64_t core_life = 0;  ///< Of the core that it is for: a machine that was built anew adopts nothing older.
  };
  WarmUp(Source source, feature::State fresh) : source_(std::move(source)), state_(std::move(fresh)) {}

  using Stop = std::function<bool()>;
  /// Learns what the journal holds by now and was not learned yet; answers how many entries that were.
  /// `stop` is asked before each entry; when it says true the answer is kCancelled.
  Result<std::uint64_t> CatchUp(const Stop& stop = [] { return false; });
  std::uint64_t learned() const { return learned_; }  ///< Position of the last entry that was looked at.
  std::uint64_t core_life() const { return source_.core_life; }

  /// Takes records that are not read from the journal. Errors: kDataLoss (not readable).
  Result<void> Learn(const std::string& stream, std::string_view lines);
  feature::State& state() { return state_; }

 private:
  Source source_;
  feature::State state_;
  feature::RecordParser parser_;
  std::unordered_map<std::string, std::uint64_t> producers_;  // highest sequence of each: a repetition teaches nothing
  std::uint64_t learned_ = 0;
};

}  // namespace edgewise::site
