// The bound on what an event lets out counts every value that leaves, whatever form it had.
#include <gtest/gtest.h>

#include "relay/policy.h"

namespace edgewise::relay {
namespace {

int BitsOf(std::string data) {
  const auto policy = Policy::FromToml(R"(
schema = "edgewise.policy.v1"
[[allow]]
type = "io.edgewise.insight.v1"
[allow.fields]
flight = "pseudonym"
)",
                                       "policy.toml", "0123456789abcdef-EWR");
  EXPECT_TRUE(policy) << policy.error().message;
  event::Event event;
  event.type = event::kInsightV1;
  event.data = std::move(data);
  event.id = {"EWR", 1, event::Lane::kInsight, 1};
  return policy->Judge(event::Raw(event)).leak_bits;
}

TEST(LeakBits, ANumberThatLeavesAsAPseudonymCountsLikeAText) {
  EXPECT_GT(BitsOf(R"({"flight":"1545"})"), BitsOf("{}"));
  EXPECT_EQ(BitsOf(R"({"flight":1545})"), BitsOf(R"({"flight":"1545"})"));
}

}  // namespace
}  // namespace edgewise::relay
