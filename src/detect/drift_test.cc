#include "detect/drift.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace edgewise::detect {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

std::vector<train::FeatureProfile> Profile() {
  return {{.name = "even", .seasonal = false, .edges = {0.25F, 0.5F, 0.75F}, .shares = {0.25, 0.25, 0.25, 0.25, 0}},
          {.name = "warm", .seasonal = true, .edges = {0.5F}, .shares = {0.5, 0.4, 0.1}}};
}

/// Rows whose first feature lies in [low, 1) and whose second is missing for a tenth of them.
void Feed(Drift& drift, int rows, double low = 0, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> even(static_cast<float>(low), 1);
  for (int i = 0; i < rows; ++i) {
    const auto second = i % 10 == 0 ? kMissing : (i % 10 <= 5 ? 0.1F : 0.9F);
    drift.Add(std::array{even(random), second});
  }
}

TEST(Drift, RowsLikeThoseOfTrainingDoNotDrift) {
  Drift drift(Profile());
  Feed(drift, 5000);
  const auto report = drift.Report();
  EXPECT_EQ(report.rows, 5000u);
  EXPECT_LT(report.features[0].psi, 0.01);
  EXPECT_LT(report.features[1].psi, 0.01);
  EXPECT_FALSE(report.alarm);
}

TEST(Drift, PsiIsTheSumOverBins) {
  Drift drift(Profile());
  for (int i = 0; i < 1000; ++i) drift.Add(std::array{i < 500 ? 0.25F : 0.6F, 0.1F});  // a value on an edge is in the bin below it
  const auto psi = 2 * (0.5 - 0.25) * std::log(0.5 / 0.25) + 2 * (0.0001 - 0.25) * std::log(0.0001 / 0.25);
  EXPECT_NEAR(drift.Report().features[0].psi, psi, 1e-9);
}

TEST(Drift, AMovedFeatureAlarmsUnlessItIsSeasonal) {
  Drift moved(Profile());
  Feed(moved, 1000, 0.5);
  EXPECT_TRUE(moved.Report().features[0].alarm);
  EXPECT_TRUE(moved.Report().alarm);
  auto profile = Profile();
  profile[0].seasonal = true;
  Drift seasonal(profile);
  Feed(seasonal, 1000, 0.5);
  EXPECT_GT(seasonal.Report().features[0].psi, 0.25);
  EXPECT_FALSE(seasonal.Report().alarm);
}

TEST(Drift, MissingValuesHaveABinOfTheirOwn) {
  Drift drift(Profile());
  for (int i = 0; i < 1000; ++i) drift.Add(std::array{kMissing, 0.1F});
  EXPECT_TRUE(drift.Report().features[0].alarm);
}

TEST(Drift, FewRowsShowAndDoNotAlarm) {
  Drift drift(Profile());
  EXPECT_EQ(drift.Report().features[0].psi, 0);
  Feed(drift, 499, 0.5);
  EXPECT_GT(drift.Report().features[0].psi, 0.25);
  EXPECT_FALSE(drift.Report().alarm);
  drift.Clear();
  EXPECT_EQ(drift.rows(), 0u);
}

TEST(Drift, GoesOnAfterSaveAndLoadAndRefusesOtherProfiles) {
  Drift drift(Profile());
  Feed(drift, 700, 0.5);
  const auto saved = drift.Save();
  const auto loaded = Drift::Load(saved, Profile());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->Save(), saved);
  EXPECT_EQ(loaded->Report().features[0].psi, drift.Report().features[0].psi);
  auto other = Profile();
  other[0].edges[0] = 0.3F;
  EXPECT_EQ(Drift::Load(saved, other).error().code, Code::kFailedPrecondition);
  for (std::size_t size = 0; size < saved.size(); ++size) EXPECT_FALSE(Drift::Load(saved.substr(0, size), Profile()));
}

}  // namespace
}  // namespace edgewise::detect
