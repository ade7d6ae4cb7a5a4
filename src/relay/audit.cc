#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "relay/detail/rules.h"

namespace edgewise::relay::detail {
namespace {

void AppendNames(std::string_view key, const std::vector<std::string>& names, std::string& out) {
  if (names.empty()) return;
  fmt::format_to(std::back_inserter(out), R"(,"{}":["{}"])", key, fmt::join(names, R"(",")"));
}

}  // namespace

std::string AuditLines::Ending(const event::Event& event, const Decision& decision) const {
  std::string out;
  // An unknown type is named only if the policy spells it: other text could be anything.
  if (decision.rule == nullptr) {
    fmt::format_to(std::back_inserter(out), R"(,"allowed":false,"rule":"{}")", decision.reason);
  } else {
    fmt::format_to(std::back_inserter(out), R"(,"allowed":true,"rule":"{}")", decision.rule->type);
    AppendNames("pseudonymised", Names(*decision.rule, decision.trace.pseudonymised), out);
    AppendNames("dropped", Names(*decision.rule, decision.trace.dropped), out);
    if (decision.trace.unnamed != 0) fmt::format_to(std::back_inserter(out), R"(,"unnamed":{})", decision.trace.unnamed);
    fmt::format_to(std::back_inserter(out), R"(,"leak_bits":{})", std::ceil(decision.trace.bits));
  }
  fmt::format_to(std::back_inserter(out), ",\"policy\":\"{}\"}}\n", policy_);
  if (event::Understands(event.type)) out.insert(0, fmt::format(R"(,"type":"{}")", event.type));
  return out;
}

void AuditLines::Append(const event::Event& event, const Decision& decision, std::string& out) {
  auto entry = std::ranges::find_if(endings_, [&](const Entry& known) {
    return known.rule == decision.rule && known.reason == decision.reason && known.trace == decision.trace && known.type == event.type;
  });
  if (entry == endings_.end()) {
    if (endings_.size() >= 32) endings_.clear();  // bounded, whatever comes
    endings_.push_back({decision.rule, decision.reason, decision.trace, event.type, Ending(event, decision)});
    entry = std::prev(endings_.end());
  }
  fmt::format_to(std::back_inserter(out), R"({{"event":"{}")", event.id.ToString());
  out += entry->ending;
}

}  // namespace edgewise::relay::detail
