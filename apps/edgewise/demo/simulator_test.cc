#include "demo/simulator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace edgewise::demo {
namespace {

TEST(Simulator, MakesTheSameYearAgainWithAllThatIsPlanted) {
  const auto first = Simulate({.seed = 3, .days = 100, .flights_per_day = 20}).value();
  const auto second = Simulate({.seed = 3, .days = 100, .flights_per_day = 20}).value();
  const auto other = Simulate({.seed = 4, .days = 100, .flights_per_day = 20}).value();
  std::string one, two, three;
  for (std::size_t i = 0; i < 500; ++i) {
    first->Render(0, i, one);
    second->Render(0, i, two);
    other->Render(0, i, three);
  }
  EXPECT_EQ(one, two);
  EXPECT_NE(one, three);
  EXPECT_TRUE(std::ranges::is_sorted(first->of(0), {}, &Happening::at));
  std::string all;
  for (std::size_t i = 0; i < first->of(0).size(); ++i) first->Render(0, i, all);
  EXPECT_NE(all.find("\"wind_speed\":1048"), std::string::npos);
  EXPECT_NE(all.find("\"dest\":\"D2"), std::string::npos);
  const auto& canaries = first->forbidden().canaries;
  EXPECT_TRUE(std::ranges::any_of(canaries, [&](const auto& canary) { return all.find(canary) != std::string::npos; }));
  EXPECT_TRUE(std::ranges::any_of(first->truth(), [](const auto& flight) { return flight.cancelled; }));
}

/// Of the real flights, too, a plane is unknown only if the flight will be cancelled: who learned that would know the future.
TEST(Simulator, AMissingTailTellsLabelledFlightsNotApart) {
  const auto traffic = Simulate({.seed = 3, .days = 100, .flights_per_day = 20}).value();
  std::size_t missing = 0;
  for (std::size_t site = 0; site < traffic->sites().size(); ++site) {
    const auto happenings = traffic->of(site);
    for (std::size_t i = 0; i < happenings.size(); ++i) {
      if (happenings[i].kind != Kind::kScore) continue;
      std::string request;
      traffic->Render(site, i, request);
      const auto tail = nlohmann::json::parse(request).at("tail").get<std::string>();
      if (!tail.empty()) continue;
      ++missing;
      EXPECT_FALSE(traffic->truth()[happenings[i].row].arr_delay) << "it gets a label, so it would be learned from";
    }
  }
  EXPECT_GT(missing, 20U);
}

}  // namespace
}  // namespace edgewise::demo
