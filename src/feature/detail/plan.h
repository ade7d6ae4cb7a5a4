#pragma once

#include <functional>
#include <string>
#include <vector>

#include "feature/detail/source.h"
#include "feature/program.h"

namespace edgewise::feature::detail {

/// How to compute one program's sample: names resolved to places, readings of one operator together.
/// Borrows the sources and the tables of the state that made it.
struct Plan {
  struct Stateless {
    const FeatureSpec* feature;
    int field = -1, until = -1;  ///< Places in the request.
    std::size_t output = 0;      ///< Index into numbers or categories.
    const Table* table = nullptr;
    std::size_t column = 0;
  };
  struct Stateful {
    Source* source;
    Places places;  ///< In the request.
    std::vector<Reading> readings;
  };

  Program program;  // keeps the features alive
  std::vector<Stateless> stateless;
  std::vector<Stateful> stateful;
};

Plan MakePlan(const Program& program, const Tables& tables, const std::function<Source*(const OperatorSpec&)>& source_of);
void Compute(const Plan& plan, const Record& request, std::string& key, Sample& sample);

}  // namespace edgewise::feature::detail
