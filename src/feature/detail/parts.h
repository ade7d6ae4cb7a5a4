#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "feature/detail/spec.h"
#include "feature/program.h"

namespace edgewise::feature {

/// What a Program shares among its copies: the description, and what follows from it.
struct Program::Parts {
  explicit Parts(detail::Spec from);

  detail::Spec spec;
  TimeZone zone;
  std::vector<Output> outputs;
  std::size_t numbers = 0, categories = 0;
  std::string json;
  Digest digest, layout;
  std::vector<std::unordered_map<std::string, float>> codes;  ///< Per category output: value -> place in the vocabulary.
};

}  // namespace edgewise::feature
