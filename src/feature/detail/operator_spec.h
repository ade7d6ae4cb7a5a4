#pragma once

#include <array>
#include <string_view>

#include "feature/detail/form.h"
#include "feature/detail/spec.h"

namespace edgewise::feature::detail {

inline constexpr std::array<std::string_view, 6> kOperatorKinds = {"ewma", "rolling", "bucket", "waiting", "last", "asof"};
inline constexpr std::array<std::string_view, 8> kReads = {"count", "mean", "max", "share", "long", "value", "age", "change"};

/// The reads that a kind of operator offers.
std::vector<std::string_view> ReadsOf(OperatorKind kind);

/// Reads one `[operators.<name>]`; checks it against the streams and the request in `spec` (which are there already).
OperatorSpec ReadOperator(Form& form, const Spec& spec);
/// Reads the members only, unchecked against streams.
OperatorSpec ReadOperatorMembers(Form& form);
Json WriteOperator(const OperatorSpec& op);

}  // namespace edgewise::feature::detail
