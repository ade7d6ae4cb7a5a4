#include <fmt/format.h>
#include <gtest/gtest.h>

#include "hub/fake_index.h"
#include "hub/fleet.h"

namespace edgewise::hub {
namespace {

std::string State(std::uint64_t number) { return fmt::format(R"({{"schema":"edgewise.desired.v1","number":{},"models":[]}})", number); }

using States = std::vector<std::string>;

struct Hub {
  FakeIndex index;
  ReplayClock clock;
  std::unique_ptr<Fleet> Open() { return std::move(*Fleet::Open(index, clock, {.sites = {"EWR", "E"}})); }
};

TEST(FleetHistory, HoldsEarlierStatesNewestFirstAcrossARestart) {
  Hub hub;
  const auto fleet = hub.Open();
  EXPECT_EQ(fleet->DesiredHistory("EWR").error().code, Code::kNotFound) << "nothing was wanted yet";
  for (const std::uint64_t number : {1, 2, 7}) ASSERT_TRUE(fleet->SetDesired("EWR", State(number)));
  ASSERT_TRUE(fleet->SetDesired("E", State(9))) << "another site, whose name begins alike";
  EXPECT_EQ(*fleet->DesiredHistory("EWR"), (States{State(7), State(2), State(1)}));
  EXPECT_EQ(*hub.Open()->DesiredHistory("EWR"), (States{State(7), State(2), State(1)}));
  EXPECT_EQ(*hub.Open()->DesiredHistory("E"), States{State(9)});
}

TEST(FleetHistory, KeepsTheLastHundredNumbersAtLeast) {
  Hub hub;
  const auto fleet = hub.Open();
  for (std::uint64_t number = 1; number <= 250; ++number) ASSERT_TRUE(fleet->SetDesired("EWR", State(number)));
  const auto history = *fleet->DesiredHistory("EWR");
  ASSERT_EQ(history.size(), 1 + Fleet::kHistory);
  EXPECT_EQ(history.front(), State(250));
  EXPECT_EQ(history.back(), State(150));
}

TEST(FleetHistory, ARefusedStateLeavesNoTrace) {
  Hub hub;
  const auto fleet = hub.Open();
  ASSERT_TRUE(fleet->SetDesired("EWR", State(2)));
  EXPECT_EQ(fleet->SetDesired("EWR", State(1)).error().code, Code::kAborted);
  EXPECT_EQ(fleet->SetDesired("EWR", State(18'000'000'000'000'000'000U)).error().code, Code::kInvalidArgument);
  hub.index.FailNext({Code::kResourceExhausted, "disk full"});
  EXPECT_EQ(fleet->SetDesired("EWR", State(3)).error().code, Code::kResourceExhausted);
  EXPECT_EQ(*fleet->DesiredHistory("EWR"), States{State(2)});
  EXPECT_EQ(*hub.Open()->DesiredHistory("EWR"), States{State(2)});
}

}  // namespace
}  // namespace edgewise::hub
