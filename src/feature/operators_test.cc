#include <gmock/gmock.h>

#include <cmath>

#include "feature/example_site_test.h"

namespace edgewise::feature::test {
namespace {

using testing::ElementsAre, testing::FloatEq, testing::FloatNear, testing::NanSensitiveFloatEq;

const auto kMissing = NanSensitiveFloatEq(std::numeric_limits<float>::quiet_NaN());

TEST(Field, IsTheRequestsNumber) {
  Site site(Made(R"({ name = "x", field = "amount" })"));
  EXPECT_THAT(site.Numbers(kNoon, {{"amount", Number(3.5)}}), ElementsAre(3.5F));
  EXPECT_THAT(site.Numbers(kNoon), ElementsAre(kMissing));
}

TEST(Category, IsTheRequestsText) {
  Site site(Made(R"({ name = "x", category = "name" })"));
  EXPECT_EQ(site.Compute(kNoon, {{"name", Text("UA")}}).categories, std::vector<std::string>{"UA"});
  EXPECT_EQ(site.Compute(kNoon).categories, std::vector<std::string>{""});
}

TEST(TimePart, IsLocalAndAlsoCyclic) {
  Site site(Made(R"({ name = "a", time = "due", part = "minute_of_day" }, { name = "b", time = "due", part = "weekday" },
    { name = "c", time = "time", part = "hour" }, { name = "d", time = "due", part = "hour", form = "sin" },
    { name = "e", time = "due", part = "hour", form = "cos" }, { name = "f", time = "due", part = "month" })"));
  const auto six = ParseTime("2013-07-05T10:30:00Z").value();  // 06:30 in summer
  EXPECT_THAT(site.Numbers(kNoon, {{"due", Time(six)}}), ElementsAre(390, 4, 7, 1, FloatNear(0, 1e-6F), 7));
  EXPECT_THAT(site.Numbers(kNoon), ElementsAre(kMissing, kMissing, 7, kMissing, kMissing, kMissing));
}

TEST(TimePart, EndOfTheDayIsNearItsStart) {
  Site site(Made(
      R"({ name = "s", time = "due", part = "minute_of_day", form = "sin" }, { name = "c", time = "due", part = "minute_of_day", form = "cos" })"));
  const auto before = site.Numbers(kNoon, {{"due", Time(ParseTime("2013-02-08T04:59:00Z").value())}});
  const auto after = site.Numbers(kNoon, {{"due", Time(ParseTime("2013-02-08T05:00:00Z").value())}});
  EXPECT_NEAR(before[0], after[0], 0.01);
  EXPECT_NEAR(before[1], after[1], 0.01);
}

TEST(TableLookup, GivesValueAndYearsSince) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Tables tables{{"planes", {.columns = {"seats", "year"}, .rows = {{"N1", {55, 2004}}, {"N2", {180, nan}}}}}};
  Site site(Made(R"({ name = "x", table = "planes", column = "seats", key = "name" },
    { name = "y", table = "planes", column = "year", key = "name", years_until = "time" })"),
            std::move(tables));
  EXPECT_THAT(site.Numbers(kNoon, {{"name", Text("N1")}}), ElementsAre(55, 9));
  EXPECT_THAT(site.Numbers(kNoon, {{"name", Text("N2")}}), ElementsAre(180, kMissing));
  EXPECT_THAT(site.Numbers(kNoon, {{"name", Text("N3")}}), ElementsAre(kMissing, kMissing));
  EXPECT_THAT(site.Numbers(kNoon), ElementsAre(kMissing, kMissing));
}

TEST(TableLookup, AnAbsentTableOrColumnIsMissing) {
  Site site(Made(R"({ name = "x", table = "planes", column = "seats", key = "name" })"),
            {{"planes", {.columns = {"year"}, .rows = {{"N1", {1}}}}}});
  EXPECT_THAT(site.Numbers(kNoon, {{"name", Text("N1")}}), ElementsAre(kMissing));
}

TEST(Ewma, AveragesPlainlyFirstThenByAlphaPerKeyAndCaps) {
  Site site(Made(R"({ name = "x", operator = "late" })",
                 "[operators.late]\nkind = \"ewma\"\nstream = \"start\"\nkey = [\"name\"]\nvalue = \"delay\"\nalpha = 0.5\ncap = 100\n"));
  const auto start = [&](const char* name, double delay) { site.Apply("start", kNoon, {{"name", Text(name)}, {"delay", Number(delay)}}); };
  const auto late = [&](const char* name) { return site.Numbers(kNoon, {{"name", Text(name)}})[0]; };
  start("a", 10);
  EXPECT_EQ(late("a"), 10);
  start("a", 20);
  EXPECT_EQ(late("a"), 15);
  start("b", 7);
  start("a", 500);  // counts as 100
  EXPECT_EQ(late("a"), 57.5);
  EXPECT_EQ(late("b"), 7);
  start("a", std::nan(""));
  EXPECT_EQ(late("a"), 57.5);
  EXPECT_TRUE(std::isnan(late("c")));
  EXPECT_TRUE(std::isnan(site.Numbers(kNoon)[0])) << "a request without the key";
}

TEST(Ewma, TakesADifferenceOfFields) {
  Site site(Made(R"({ name = "x", operator = "gain" })",
                 "[operators.gain]\nkind = \"ewma\"\nstream = \"start\"\nvalue = \"delay - other\"\nalpha = 0.1\n"));
  site.Apply("start", kNoon, {{"delay", Number(5)}, {"other", Number(20)}});
  site.Apply("start", kNoon, {{"delay", Number(5)}});
  EXPECT_THAT(site.Numbers(kNoon), ElementsAre(-15));
}

const std::string kRolling = "[operators.last]\nkind = \"rolling\"\nstream = \"start\"\nvalue = \"delay\"\nwindow = \"60m\"\nabove = 15\n";
constexpr std::string_view kRollingReads =
    R"({ name = "a", operator = "last", read = "count" }, { name = "b", operator = "last", read = "mean" },
  { name = "c", operator = "last", read = "max" }, { name = "d", operator = "last", read = "share" })";

TEST(Rolling, CountsNothingBeforeTheFirstRecord) {
  Site site(Made(kRollingReads, kRolling));
  EXPECT_THAT(site.Numbers(kNoon), ElementsAre(0, kMissing, kMissing, kMissing));
}

TEST(Rolling, CountsMeansMaximaAndShares) {
  Site site(Made(kRollingReads, kRolling));
  for (const auto& [minute, delay] : {std::pair{0, 40.0}, {10, -4.0}, {20, 16.0}, {30, 15.0}})
    site.Apply("start", Minutes(minute), {{"delay", Number(delay)}});
  EXPECT_THAT(site.Numbers(Minutes(30)), ElementsAre(4, 16.75F, 40, 0.5F));
  EXPECT_THAT(site.Numbers(Minutes(60)), ElementsAre(3, 9, 16, FloatEq(1.0F / 3)));  // the first is just out
  EXPECT_THAT(site.Numbers(Minutes(85)), ElementsAre(1, 15, 15, 0));
  EXPECT_THAT(site.Numbers(Minutes(90)), ElementsAre(0, kMissing, kMissing, kMissing));
  EXPECT_THAT(site.Numbers(Minutes(15)), ElementsAre(2, 18, 40, 0.5F)) << "a late request sees what was before it";
}

TEST(Rolling, CountsRecordsWhenNoValueIsNamed) {
  Site site(
      Made(R"({ name = "x", operator = "n", read = "count" })", "[operators.n]\nkind = \"rolling\"\nstream = \"stop\"\nwindow = \"6h\"\n"));
  site.Apply("stop", Minutes(0), {});
  site.Apply("stop", Minutes(1), {});
  EXPECT_THAT(site.Numbers(Minutes(2)), ElementsAre(2));
  EXPECT_THAT(site.Numbers(Minutes(361)), ElementsAre(0));
}

TEST(Rolling, AgreesWithCountingByHandAlsoWhenRecordsComeOutOfOrder) {
  Site site(Made(kRollingReads, kRolling));
  std::mt19937 random(20130208);
  std::vector<std::pair<std::int64_t, double>> all;
  for (int i = 0; i < 2000; ++i) {
    const auto time = kNoon.ms + i * kMinute - static_cast<std::int64_t>(random() % 8 == 0 ? random() % 30 : 0) * kMinute;
    all.emplace_back(time, static_cast<double>(random() % 100) - 20.25);
    site.Apply("start", {time}, {{"delay", Number(all.back().second)}});
    const auto asked = kNoon.ms + i * kMinute + (static_cast<std::int64_t>(random() % 80) - 30) * kMinute;
    double count = 0, sum = 0, most = -1e9, above = 0;
    for (const auto& [when, value] : all)
      if (when <= asked && when > asked - kHour) ++count, sum += value, most = std::max(most, value), above += value > 15 ? 1 : 0;
    const auto numbers = site.Numbers({asked});
    ASSERT_EQ(numbers[0], count) << i;
    if (count == 0) continue;
    ASSERT_FLOAT_EQ(numbers[1], static_cast<float>(sum / count)) << i;
    ASSERT_EQ(numbers[2], static_cast<float>(most)) << i;
    ASSERT_FLOAT_EQ(numbers[3], static_cast<float>(above / count)) << i;
  }
}

TEST(Bucket, CountsByLocalHourAndByUtcDay) {
  Site site(Made(R"({ name = "x", operator = "hour" }, { name = "y", operator = "day" })",
                 "[operators.hour]\nkind = \"bucket\"\nstream = \"plan\"\nat = \"due\"\nbucket = \"hour\"\nzone = \"America/New_York\"\n"
                 "[operators.day]\nkind = \"bucket\"\nstream = \"plan\"\nat = \"due\"\nbucket = \"day\"\n"));
  for (const auto* due : {"2013-02-09T12:00:00Z", "2013-02-09T12:59:00Z", "2013-02-09T13:00:00Z", "2013-02-10T00:00:00Z"})
    site.Apply("plan", kNoon, {{"due", Time(ParseTime(due).value())}});
  const auto at = [&](const char* due) { return site.Numbers(kNoon, {{"due", Time(ParseTime(due).value())}}); };
  EXPECT_THAT(at("2013-02-09T12:30:00Z"), ElementsAre(2, 3));
  EXPECT_THAT(at("2013-02-09T13:30:00Z"), ElementsAre(1, 3));
  EXPECT_THAT(at("2013-02-10T00:30:00Z"), ElementsAre(1, 1));
  EXPECT_THAT(at("2013-02-11T00:30:00Z"), ElementsAre(0, 0));
  EXPECT_THAT(site.Numbers(kNoon), ElementsAre(kMissing, kMissing));
}

const std::string kWaiting =
    "[operators.due]\nkind = \"waiting\"\nopened_by = \"plan\"\ndue = \"due\"\nclosed_by = [\"start\", \"stop\"]\nkey = [\"name\"]\n"
    "long_wait = \"30m\"\nforget = \"24h\"\n";
constexpr std::string_view kWaitingReads =
    R"({ name = "a", operator = "due", read = "count" }, { name = "b", operator = "due", read = "long" },
  { name = "c", operator = "due", read = "mean" })";

TEST(Waiting, HoldsWhatIsDueUntilAnyStreamClosesIt) {
  Site site(Made(kWaitingReads, kWaiting));
  const auto plan = [&](const char* name, double minute) {
    site.Apply("plan", kNoon, {{"name", Text(name)}, {"due", Time(Minutes(minute))}});
  };
  const auto now = [&](double minute) { return site.Numbers(Minutes(minute)); };
  plan("a", 10);
  plan("b", 20);
  plan("c", 50);
  EXPECT_THAT(now(10), ElementsAre(0, 0, 0)) << "due now is not overdue";
  EXPECT_THAT(now(40), ElementsAre(2, 0, 25));
  EXPECT_THAT(now(41), ElementsAre(2, 1, 26));
  EXPECT_THAT(now(11), ElementsAre(1, 0, 1)) << "questions may go back";
  site.Apply("start", Minutes(45), {{"name", Text("a")}});
  EXPECT_THAT(now(60), ElementsAre(2, 1, 25));
  site.Apply("stop", Minutes(60), {{"name", Text("b")}});
  site.Apply("stop", Minutes(60), {{"name", Text("unknown")}});
  EXPECT_THAT(now(60), ElementsAre(1, 0, 10));
  plan("c", 58);  // a new due time replaces the old
  EXPECT_THAT(now(60), ElementsAre(1, 0, 2));
  site.Apply("plan", Minutes(58 + 24 * 60), {{"name", Text("d")}, {"due", Time(Minutes(99'999))}});
  EXPECT_THAT(now(60), ElementsAre(1, 0, 2));
  site.Apply("plan", Minutes(59 + 24 * 60), {{"name", Text("e")}, {"due", Time(Minutes(99'999))}});
  EXPECT_THAT(now(60), ElementsAre(0, 0, 0)) << "forgotten after a day";
}

TEST(Waiting, MustBeClosedByAnotherStream) {
  for (const auto& closed : {"[]", "[\"plan\"]"}) {
    std::string text = "schema = \"edgewise.features.v1\"\nfeatures = [{ name = \"a\", operator = \"due\", read = \"count\" }]\n";
    text.append(kStreams).append(kWaiting);
    const std::string_view list = "[\"start\", \"stop\"]";
    text.replace(text.find(list), list.size(), closed);
    EXPECT_FALSE(Program::FromToml(text, "test.toml")) << closed;
  }
}

TEST(Last, GivesTheLatestValueAndItsAgeForADay) {
  Site site(Made(R"({ name = "x", operator = "seen", read = "value" }, { name = "y", operator = "seen", read = "age" })",
                 "[operators.seen]\nkind = \"last\"\nstream = \"start\"\nvalue = \"delay\"\nkey = [\"name\"]\nwithin = \"24h\"\n"));
  const auto start = [&](double minute, double delay) {
    site.Apply("start", Minutes(minute), {{"name", Text("N1")}, {"delay", Number(delay)}});
  };
  const auto now = [&](double minute) { return site.Numbers(Minutes(minute), {{"name", Text("N1")}}); };
  start(10, 5);
  start(30, 7);
  start(20, 6);
  EXPECT_THAT(now(90), ElementsAre(7, 60));
  EXPECT_THAT(now(30 + 1440), ElementsAre(7, 1440));
  EXPECT_THAT(now(31 + 1440), ElementsAre(kMissing, kMissing));
  EXPECT_THAT(now(25), ElementsAre(kMissing, kMissing)) << "nothing later than the request";
  site.Apply("start", Minutes(95), {{"delay", Number(1)}});  // no key: for nobody
  EXPECT_THAT(site.Numbers(Minutes(100), {{"name", Text("")}}), ElementsAre(kMissing, kMissing));
}

const std::string kAsOf = "[operators.air]\nkind = \"asof\"\nstream = \"air\"\nmin_age = \"1h\"\nmax_age = \"3h\"\nchange_over = \"3h\"\n";
constexpr std::string_view kAsOfReads =
    R"({ name = "a", operator = "air", read = "value", field = "heat" }, { name = "b", operator = "air", read = "age" },
  { name = "c", operator = "air", read = "change", field = "heat" }, { name = "d", operator = "air", read = "value", field = "wind" })";

TEST(AsOf, TakesTheLatestReportThatIsOneToThreeHoursOld) {
  Site site(Made(kAsOfReads, kAsOf));
  const auto report = [&](double hour, double heat) { site.Apply("air", Minutes(60 * hour), {{"heat", Number(heat)}}); };
  report(0, 30);
  report(1, 31);
  EXPECT_THAT(site.Numbers(Minutes(59)), ElementsAre(kMissing, kMissing, kMissing, kMissing)) << "too young";
  EXPECT_THAT(site.Numbers(Minutes(60)), ElementsAre(30, 60, kMissing, kMissing));
  EXPECT_THAT(site.Numbers(Minutes(119)), ElementsAre(30, 119, kMissing, kMissing));
  EXPECT_THAT(site.Numbers(Minutes(240)), ElementsAre(31, 180, kMissing, kMissing));
  EXPECT_THAT(site.Numbers(Minutes(241)), ElementsAre(kMissing, kMissing, kMissing, kMissing)) << "too old";
  report(4, 36);
  EXPECT_THAT(site.Numbers(Minutes(300)), ElementsAre(36, 60, 5, kMissing)) << "against the report of three hours before";
  report(4, 37);
  EXPECT_THAT(site.Numbers(Minutes(300)), ElementsAre(37, 60, 6, kMissing)) << "a corrected report replaces";
  EXPECT_THAT(site.Numbers(Minutes(130)), ElementsAre(31, 70, kMissing, kMissing)) << "a late request";
}

}  // namespace
}  // namespace edgewise::feature::test
