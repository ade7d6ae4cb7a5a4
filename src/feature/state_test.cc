#include <gtest/gtest.h>

#include "feature/detail/keyed.h"
#include "feature/example_site_test.h"

namespace edgewise::feature::test {
namespace {

constexpr std::string_view kFeatures =
    R"({ name = "n", operator = "last", read = "count" }, { name = "mean", operator = "last", read = "mean" },
  { name = "max", operator = "last", read = "max" }, { name = "late", operator = "late" }, { name = "overdue", operator = "due", read = "count" },
  { name = "wait", operator = "due", read = "mean" }, { name = "heat", operator = "air", read = "value", field = "heat" },
  { name = "change", operator = "air", read = "change", field = "heat" }, { name = "hour", operator = "hour" },
  { name = "seen", operator = "seen", read = "value" }, { name = "age", operator = "seen", read = "age" })";
constexpr std::string_view kOperators = R"(
[operators.last]
kind = "rolling"
stream = "start"
value = "delay"
window = "60m"
[operators.late]
kind = "ewma"
stream = "start"
key = ["name"]
value = "delay"
alpha = 0.1
[operators.due]
kind = "waiting"
opened_by = "plan"
due = "due"
closed_by = ["start", "stop"]
key = ["name"]
forget = "12h"
[operators.air]
kind = "asof"
stream = "air"
min_age = "10m"
max_age = "3h"
change_over = "1h"
[operators.hour]
kind = "bucket"
stream = "plan"
at = "due"
bucket = "hour"
[operators.seen]
kind = "last"
stream = "start"
value = "delay"
key = ["name"]
within = "3h"
)";

struct Event {
  std::string stream;  // "" = a request
  EventTime time;
  Fields fields;
};

/// A day of small talk, in time order; requests in between.
std::vector<Event> ADay(unsigned seed) {
  std::mt19937 random(seed);
  static const std::vector<std::string> kNames = {"a", "b", "c", "d", "e", "f", "g"};
  std::vector<Event> events;
  for (int i = 0; i < 1440; ++i) {
    const Value name = Text(kNames[random() % kNames.size()]);
    const Value due = Time(Minutes(i + static_cast<int>(random() % 90)));
    const Value number = Number(static_cast<double>(random() % 1000) / 7 - 20);
    switch (random() % 5) {
      case 0:
        events.push_back({"plan", Minutes(i), {{"name", name}, {"due", due}}});
        break;
      case 1:
        events.push_back({"start", Minutes(i), {{"name", name}, {"delay", number}}});
        break;
      case 2:
        events.push_back({"stop", Minutes(i), {{"name", name}}});
        break;
      case 3:
        events.push_back({"air", Minutes(i), {{"heat", number}}});
        break;
      case 4:
        events.push_back({"", Minutes(i), {{"name", name}, {"due", due}}});
        break;
    }
  }
  return events;
}

std::vector<Sample> Replay(Site& site, std::span<const Event> events) {
  std::vector<Sample> samples;
  for (const auto& [stream, time, fields] : events)
    if (stream.empty())
      samples.push_back(site.Compute(time, fields));
    else
      site.Apply(stream, time, fields);
  return samples;
}

std::vector<Sample> Replay(std::span<const Event> events) {
  Site site(Made(kFeatures, kOperators));
  return Replay(site, events);
}

bool Same(std::span<const Sample> a, std::span<const Sample> b) {
  return std::ranges::equal(a, b, [](const Sample& x, const Sample& y) { return test::Same(x, y); });
}

std::vector<Event> ChangedAfter(std::vector<Event> events, EventTime t, unsigned seed) {
  std::mt19937 random(seed);
  std::erase_if(events, [&](const Event& event) { return event.time > t && random() % 4 == 0; });
  for (auto& event : events)
    if (event.time > t)
      for (auto& [name, value] : event.fields) value = name == "name" ? Text("z") : Number(value.number + 777'000);
  return events;
}

/// Samples of the requests up to `t` when everything after `t` is altered, against when it is not.
bool ChangesNothingBefore(EventTime t, const std::vector<Event>& events, const std::vector<Event>& altered) {
  const auto before = [&](const std::vector<Event>& all) {
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const Event& event) { return event.stream.empty() && event.time <= t; }));
  };
  auto a = Replay(events), b = Replay(altered);
  a.resize(before(events));
  b.resize(before(altered));
  return !a.empty() && Same(a, b);
}

TEST(State, AlteringEverythingAfterAMomentChangesNoFeatureBeforeIt) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto events = ADay(seed);
    const auto t = Minutes(200 + seed * 50);
    EXPECT_TRUE(ChangesNothingBefore(t, events, ChangedAfter(events, t, seed))) << "seed " << seed;
  }
}

// The control: a replay that hands in a record before its time (as file order does) must be noticed by the same check.
TEST(State, TheCausalityCheckCatchesARecordHandedInBeforeItsTime) {
  const auto t = Minutes(700);
  const auto early = [&](std::vector<Event> events) {
    const auto leak = std::ranges::find_if(events, [&](const Event& event) { return event.stream == "start" && event.time > t; });
    std::rotate(events.begin(), leak, std::next(leak));
    return events;
  };
  const auto events = ADay(3);
  EXPECT_FALSE(ChangesNothingBefore(t, early(events), early(ChangedAfter(events, t, 3))));
}

TEST(State, ComputingChangesNoLaterAnswer) {
  const auto events = ADay(5);
  Site asked(Made(kFeatures, kOperators)), quiet(Made(kFeatures, kOperators));
  std::mt19937 random(5);
  for (const auto& [stream, time, fields] : events) {
    asked.Compute(time + std::chrono::minutes(static_cast<int>(random() % 9000) - 4500), {{"name", Text("a")}, {"due", Time(time)}});
    if (stream.empty()) continue;
    asked.Apply(stream, time, fields);
    quiet.Apply(stream, time, fields);
  }
  const Fields request = {{"name", Text("a")}, {"due", Time(Minutes(1400))}};
  EXPECT_TRUE(test::Same(asked.Compute(Minutes(1440), request), quiet.Compute(Minutes(1440), request)));
  EXPECT_EQ(asked.state.Save(), quiet.state.Save());
}

TEST(State, SavedAndLoadedMidwayEqualsAStraightRun) {
  const auto events = ADay(7);
  Site straight(Made(kFeatures, kOperators));
  const auto expected = Replay(straight, events);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{100}, std::size_t{700}, events.size()}) {
    Site first(Made(kFeatures, kOperators));
    auto samples = Replay(first, std::span(events).first(cut));
    auto loaded = State::Load(first.state.Save(), {});
    ASSERT_TRUE(loaded) << loaded.error().message;
    Site second(Made(kFeatures, kOperators));
    second.state = *std::move(loaded);
    EXPECT_EQ(second.state.Add(second.program), 0U);
    const auto rest = Replay(second, std::span(events).subspan(cut));
    samples.insert(samples.end(), rest.begin(), rest.end());
    EXPECT_TRUE(Same(samples, expected)) << "cut at " << cut;
    EXPECT_EQ(second.state.Save(), straight.state.Save()) << "cut at " << cut;
  }
}

TEST(State, DamagedOrNewerBytesAreRefused) {
  Site site(Made(kFeatures, kOperators));
  Replay(site, ADay(9));
  const auto bytes = site.state.Save();
  for (std::size_t at = 0; at < bytes.size(); at += 97) {
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_FALSE(State::Load(damaged, {})) << at;
    EXPECT_FALSE(State::Load(bytes.substr(0, at), {})) << at;
  }
  auto newer = bytes;
  newer[6] = '2';
  EXPECT_EQ(State::Load(newer, {}).error().code, Code::kFailedPrecondition);
  EXPECT_TRUE(State::Load(bytes, {}));
}

TEST(State, AProgramWarmedFromTheJournalAnswersAsIfItHadAlwaysBeenThere) {
  const auto events = ADay(11);
  Site site(Made(R"({ name = "late", operator = "late" })", kOperators.substr(0, kOperators.find("[operators.due]"))));
  Replay(site, events);
  const auto added = Made(kFeatures, kOperators);
  State missing = site.state.Missing(added);
  for (const auto& [stream, time, fields] : events)
    if (!stream.empty()) missing.Apply(*added.stream(stream), Made(*added.stream(stream), time, fields));
  site.state.Adopt(std::move(missing));
  EXPECT_EQ(site.state.Add(added), 0U);

  Site always(added);
  Replay(always, events);
  site.program = added;
  const Fields request = {{"name", Text("b")}, {"due", Time(Minutes(1400))}};
  EXPECT_TRUE(test::Same(site.Compute(Minutes(1440), request), always.Compute(Minutes(1440), request)));
  EXPECT_EQ(site.state.Save(), always.state.Save());
}

TEST(State, ProgramsShareEqualOperatorsWhateverTheirNames) {
  Site site(Made(kFeatures, kOperators));
  EXPECT_EQ(site.state.Add(Made(kFeatures, kOperators).WithVocabularies({})), 0U);
  const std::string other = "[operators.renamed]\nkind = \"rolling\"\nstream = \"start\"\nvalue = \"delay\"\nwindow = \"1h\"\n";
  EXPECT_EQ(site.state.Add(Made(R"({ name = "n", operator = "renamed", read = "count" })", other)), 0U);
  const std::string longer = "[operators.renamed]\nkind = \"rolling\"\nstream = \"start\"\nvalue = \"delay\"\nwindow = \"2h\"\n";
  EXPECT_EQ(site.state.Add(Made(R"({ name = "n", operator = "renamed", read = "count" })", longer)), 1U);
}

TEST(Keyed, ForgetsTheKeysThatWereTouchedLongestAgo) {
  detail::Keyed<int> keyed(4);
  for (const auto* key : {"a", "b", "c", "d", "a"}) ++keyed.Touch(key);
  keyed.Touch("e") = 5;
  EXPECT_NE(keyed.Find("a"), nullptr);
  EXPECT_EQ(keyed.Find("b"), nullptr);
  EXPECT_NE(keyed.Find("e"), nullptr);
  EXPECT_LE(keyed.size(), 4U);
}

}  // namespace
}  // namespace edgewise::feature::test
