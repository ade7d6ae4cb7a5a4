#include "parts.h"

#include <fmt/format.h>

namespace edgewise::simulation {

const relay::Policy& ThePolicy() {
  static const auto policy = [] {
    std::string toml = "schema = \"edgewise.policy.v1\"\n";
    for (const auto* type : {"sample", "insight", "disruption"}) {
      toml += fmt::format("[[allow]]\ntype = \"io.edgewise.{}.v1\"\n[allow.fields]\n", type);
      toml += "number = { number = 0, min = 0, max = 1000000 }\n";
    }
    return relay::Policy::FromToml(toml, "policy.toml", "0123456789abcdef-EWR").value();
  }();
  return policy;
}

}  // namespace edgewise::simulation
