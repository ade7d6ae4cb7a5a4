#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "base/files.h"
#include "base/lineage_id.h"
#include "demo/simulator.h"
#include "killed_year.h"
#include "package/image.h"
#include "registry/http_image_store.h"
#include "registry/transfer.h"

namespace edgewise::e2e {
namespace {

using std::chrono::seconds;

/// EDGEWISE_SEED repeats a run.
std::uint64_t Seed() {
  const char* given = std::getenv("EDGEWISE_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  fmt::print("EDGEWISE_SEED={}\n", seed);
  std::fflush(stdout);
  return seed;
}

class Kill : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override {
    if (!HasFailure()) std::filesystem::remove_all(folder_);
  }
  Result<Outcome> Year(const demo::Traffic& traffic, const std::string& name, const Kills& kills, std::uint64_t seed) {
    KilledYear year(traffic, {.folder = folder_ / name,
                              .program = EDGEWISE_PROGRAM,
                              .example = EDGEWISE_EXAMPLE,
                              .last_month = long_ ? 12 : 7,  // July: the first challenger of this year that is promoted
                              .kills = kills,
                              .seed = seed});
    auto outcome = year.Tell();
    const auto& killed = year.killed();
    fmt::print("{}: killed up {} times, scorers {}, challenges {}, up in the hub's month {}; {} requests said again, {} known already\n",
               name, killed.up, killed.scorers, killed.challenges, killed.months, killed.repeated, killed.recognized);
    EXPECT_EQ(killed.up, kills.up);
    EXPECT_EQ(killed.challenges, kills.challenges);
    EXPECT_EQ(killed.months, kills.months);
    EXPECT_GE(killed.scorers + 1, kills.scorers) << "a blow falls into the void when none runs";
    // Of requests that were in flight, how many were done already is chance; that none at all was in flight is no test of kills.
    EXPECT_TRUE(kills.up == 0 || killed.repeated > 0) << "no kill met an application in the middle of its requests";
    return outcome;
  }

  const bool long_ = std::getenv("EDGEWISE_LONG") != nullptr;  ///< The whole year, more flights, more kills.
  std::filesystem::path folder_ =                              // short: a socket below it may have 107 characters
      std::filesystem::temp_directory_path() / ("kill-" + LineageId::Random().ToString().substr(0, 12));
};

/// What must hold of every year by itself.
void ExpectWhole(const Outcome& year) {
  EXPECT_EQ(year.lost, 0U);
  EXPECT_EQ(year.doubled, 0U);
  EXPECT_EQ(year.leaks, 0U);
  EXPECT_EQ(year.doubled_scores, 0U);
  EXPECT_EQ(year.appended, year.stored + year.denied);
  EXPECT_EQ(year.stored, year.indexed);
  EXPECT_FALSE(year.samples.empty());
  const auto promoted = [](const auto& model) { return model.second == "promoted"; };
  EXPECT_TRUE(std::ranges::any_of(year.models, promoted)) << "no rollout was in reach of the kills";
}

/// The first difference, for a person.
template <class Values>
std::string Difference(const Values& control, const Values& killed) {
  for (const auto& [key, value] : control) {
    const auto found = killed.find(key);
    if (found == killed.end()) return fmt::format("{} is missing", key);
    if (found->second != value) return fmt::format("{}: {} without kills, {} with", key, value, found->second);
  }
  for (const auto& [key, value] : killed) {
    if (!control.contains(key)) return fmt::format("{} came from nowhere", key);
  }
  return "";
}

/// January to 6 July, in which the first challenger is promoted; with EDGEWISE_LONG the whole year.
TEST_F(Kill, AHalfYearWithKillsIsTheHalfYearWithout) {
  const auto seed = Seed();
  const auto traffic = demo::Simulate({.seed = 7, .days = long_ ? 365 : 187, .flights_per_day = long_ ? 15 : 10}).value();
  const auto control = Year(*traffic, "control", {}, seed);
  ASSERT_TRUE(control) << control.error().message;
  const Kills kills =
      long_ ? Kills{.up = 40, .scorers = 20, .challenges = 4, .months = 6} : Kills{.up = 8, .scorers = 4, .challenges = 1, .months = 3};
  const auto killed = Year(*traffic, "killed", kills, seed);
  ASSERT_TRUE(killed) << killed.error().message;
  ExpectWhole(*control);
  ExpectWhole(*killed);
  EXPECT_EQ(killed->counts, control->counts);
  EXPECT_EQ(killed->models, control->models);
  EXPECT_EQ(killed->events, control->events);
  EXPECT_EQ(Difference(control->scores, killed->scores), "");
  EXPECT_EQ(Difference(control->samples, killed->samples), "");
}

/// Files below a folder, in bytes; a file may go while we look.
std::uintmax_t BytesBelow(const std::filesystem::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    std::error_code gone;
    if (file->is_regular_file(gone)) bytes += file->file_size(gone);
  }
  return bytes;
}

TEST_F(Kill, ARegistryThatIsKilledDuringAPushHoldsNothingHalf) {
  std::mt19937_64 random(Seed());
  const auto folder = folder_ / "images";
  for (int round = 0; round < 8; ++round) {
    std::string onnx(4U << 20U, '\0');
    std::ranges::generate(onnx, [&] { return static_cast<char>(random()); });
    const auto image = package::BuildImage("delay", {{"model.onnx", onnx}, {"model.json", "{}"}}, {}).value();
    const auto target = BytesBelow(folder) + (random() % (onnx.size() * 5 / 4));  // sometimes behind the end: then all is there
    const auto start = [&] {
      return Child::Start({.command = {EDGEWISE_PROGRAM, "registry", "--address", "127.0.0.1:0", "--folder", folder, "--json"},
                           .environment = {},
                           .log = folder_ / "registry.log"})
          .value();
    };
    const auto address = [](Child& registry) {
      return net::Address{nlohmann::json::parse(registry.ReadLine().value()).at("registry").get<std::string>()};
    };
    auto registry = start();
    registry::HttpImageStore images(address(registry));
    std::atomic<bool> over = false;
    Result<void> pushed;
    std::jthread push([&] {
      if (auto done = registry::PushImage(images, "models/delay", image, "v1", Deadline::After(seconds(20))); !done)
        pushed = std::unexpected(done.error());
      over = true;
    });
    while (!over && BytesBelow(folder) < target) std::this_thread::yield();
    kill(registry.pid(), SIGKILL);
    (void)registry.Wait();
    push.join();
    auto again = start();
    registry::HttpImageStore after(address(again));
    if (pushed) {
      EXPECT_EQ(registry::PullImage(after, "models/delay", image.digest.ToString(), Deadline::After(seconds(20))).value().digest,
                image.digest)
          << "acknowledged and gone, round " << round;
    }
    EXPECT_TRUE(registry::PushImage(after, "models/delay", image, "v1", Deadline::After(seconds(20)))) << "round " << round;
    const auto pulled = registry::PullImage(after, "models/delay", "v1", Deadline::After(seconds(20)));
    ASSERT_TRUE(pulled) << pulled.error().message;
    EXPECT_EQ(pulled->digest, image.digest);
  }
}

}  // namespace
}  // namespace edgewise::e2e
