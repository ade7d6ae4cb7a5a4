#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "improve/samples.h"

namespace edgewise::improve::detail {

/// Fills a SampleSet line by line.
class SampleBuilder {
 public:
  /// Errors: kInvalidArgument (options).
  static Result<SampleBuilder> Make(const ReadOptions& options);
  SampleBuilder(SampleBuilder&&) noexcept;
  ~SampleBuilder();

  /// The lines that follow lie in this object.
  void Begin(std::string name, const Digest& digest);
  /// One event as JSON. Whatever is no sample that we know is counted and passed over.
  void Add(std::string_view line);
  SampleSet Finish();

 private:
  struct Work;
  explicit SampleBuilder(std::unique_ptr<Work> work);

  std::unique_ptr<Work> work_;
};

/// Sorts rows, drops repetitions, counts the rows of each object. What every set goes through last.
void Settle(SampleSet& set);

}  // namespace edgewise::improve::detail
