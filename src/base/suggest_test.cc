#include "base/suggest.h"

#include <gtest/gtest.h>

#include <array>

#include "base/option.h"

namespace edgewise {
namespace {

constexpr std::array<std::string_view, 3> kWords = {"features", "rules", "policy"};

TEST(Suggest, NamesTheWordThatWasMeant) {
  EXPECT_EQ(Nearest("featres", kWords), "features");
  EXPECT_EQ(Nearest("polcy", kWords), "policy");
  EXPECT_EQ(Suggest("rule", kWords), "\"rule\"; did you mean \"rules\"?");
}

TEST(Suggest, NamesAllWhenNothingIsNear) {
  EXPECT_EQ(Nearest("colour", kWords), "");
  EXPECT_EQ(Suggest("colour", kWords), "\"colour\"; there are: features, rules, policy");
}

TEST(Options, ASectionHoldsItsKeysAndTheSectionsInside) {
  constexpr std::array<Option, 3> kOptions = {{{"", "state", "path", "", "", "", ""},
                                               {"improve", "model", "text", "", "", "", ""},
                                               {"improve.extra", "on", "date", "", "", "", ""}}};
  using Keys = std::vector<std::string_view>;
  EXPECT_EQ(KeysOf(kOptions, ""), (Keys{"state", "improve"}));
  EXPECT_EQ(KeysOf(kOptions, "improve"), (Keys{"model", "extra"}));
  EXPECT_EQ(KeysOf(kOptions, "improve.extra"), (Keys{"on"}));
  EXPECT_EQ(KeysOf(kOptions, "hub"), (Keys{}));
}

}  // namespace
}  // namespace edgewise
