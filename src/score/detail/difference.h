#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "score/tensor.h"

namespace edgewise::score::detail {

/// How the answers of two versions differ.
struct Difference {
  std::uint64_t values = 0;   ///< Numbers that were compared.
  double sum = 0;             ///< Of their absolute differences.
  std::uint64_t unequal = 0;  ///< Texts that differ, and numbers that cannot be subtracted: one is NaN or infinite, the other is not so.
};

/// Nothing: they have other types or shapes.
std::optional<Difference> Compare(std::span<const TensorView> some, std::span<const TensorView> others);

}  // namespace edgewise::score::detail
