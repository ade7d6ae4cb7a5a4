#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/files.h"
#include "base/lineage_id.h"
#include "demo/figures.h"
#include "demo/flights.h"
#include "demo/musts.h"
#include "demo/progress.h"
#include "demo/report.h"
#include "train/metrics.h"

namespace edgewise::demo {
namespace {

using nlohmann::json;

/// Six made-up flights with the traps of the real ones, in the order of a file that is not the order of time.
class Flights : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    Write("airports.csv", "faa,name,lat,lon,alt,tz,dst,tzone\nLAX,Far,0,0,0,-8,A,x\nPHX,Dry,0,0,0,-7,N,x\n");
    Write("planes.csv", "tailnum,year,seats\nN100AA,1999,150\n");
    Write("weather.csv",
          "origin,year,month,day,hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib,time_hour\n"
          "EWR,2013,2,12,3,39.02,26.06,59.37,270,1048.36058,NA,0,1012,10,2013-02-12T08:00:00Z\n");
    Write("flights.csv", kHeader +
                             Row(1, "2013,7,1", "2300", "0", "135", "5", "N100AA", "LAX", "2013-07-02T03:00:00Z") +  // past midnight there
                             Row(2, "2013,1,5", "NA", "NA", "NA", "NA", "NA", "LAX", "2013-01-05T15:00:00Z") +       // cancelled
                             Row(3, "2013,1,5", "1000", "0", "NA", "NA", "N100AA", "PHX", "2013-01-05T15:00:00Z") +  // diverted
                             Row(4, "2013,1,1", "0600", "60", "0930", "20", "N100AA", "PHX", "2013-01-01T11:00:00Z"));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static inline const std::string kHeader =
      "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,dest,air_time,"
      "distance,hour,"
      "minute,time_hour\n";
  static std::string Row(int number, const std::string& date, const std::string& left, const std::string& delay, const std::string& shown,
                         const std::string& late, const std::string& tail, const std::string& dest, const std::string& hour) {
    return fmt::format("{},{},1,{},{},1,{},UA,{},{},EWR,{},100,1400,5,0,{}\n", date, left, delay, shown, late, number, tail, dest, hour);
  }
  void Write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::unique_ptr<Traffic> Read() {
    auto traffic = ReadFlights(SystemFiles(), folder_);
    EXPECT_TRUE(traffic) << traffic.error().message;
    return *std::move(traffic);
  }
  /// What a site hears of one flight.
  static std::vector<std::pair<Kind, json>> Of(const Traffic& traffic, const std::string& flight) {
    std::vector<std::pair<Kind, json>> heard;
    const auto happenings = traffic.of(0);
    for (std::size_t i = 0; i < happenings.size(); ++i) {
      std::string line;
      traffic.Render(0, i, line);
      auto record = json::parse(line);
      if (record.value("flight", "") == flight) heard.emplace_back(happenings[i].kind, std::move(record));
    }
    return heard;
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-flights-" + LineageId::Random().ToString());
};

/// Whether nobody is told of a landing before it, by a score that already knows it.
bool Causal(std::span<const Happening> happenings) {
  return std::ranges::is_sorted(happenings, {}, [](const Happening& it) { return it.at; });
}

TEST_F(Flights, AreToldInTheOrderOfTimeNotOfTheFile) {
  const auto traffic = Read();
  EXPECT_TRUE(Causal(traffic->of(0)));
  std::vector<Happening> as_in_file(traffic->of(0).begin(), traffic->of(0).end());
  std::ranges::stable_sort(as_in_file, {}, &Happening::row);
  EXPECT_FALSE(Causal(as_in_file));
}

TEST_F(Flights, TheHourIsUtcAndTheLocalColumnsAreNot) {
  const auto heard = Of(*Read(), "4");
  ASSERT_EQ(heard.size(), 4U);
  EXPECT_EQ(heard[0].second["sched_dep"], "2013-01-01T11:00:00Z");
  EXPECT_EQ(heard[0].second["time"], "2012-12-31T12:00:00Z") << "a schedule is known at noon of the day before";
  EXPECT_EQ(heard[1].first, Kind::kScore);
  EXPECT_EQ(heard[1].second["time"], "2013-01-01T10:00:00Z");
  EXPECT_EQ(heard[2].second["time"], "2013-01-01T12:00:00Z") << "departed an hour late";
}

TEST_F(Flights, ALabelIsKnownWhenTheClockOfTheDestinationSaysSo) {
  const auto traffic = Read();
  EXPECT_EQ(Of(*traffic, "1").back().second["time"], "2013-07-02T08:35:00Z") << "01:35 in Los Angeles in summer";
  EXPECT_EQ(Of(*traffic, "4").back().second["time"], "2013-01-01T16:30:00Z") << "09:30 in Phoenix, which has no summer time";
}

TEST_F(Flights, CancelledAndDivertedOnesNeverLand) {
  const auto traffic = Read();
  for (const auto* flight : {"2", "3"}) {
    for (const auto& [kind, record] : Of(*traffic, flight)) EXPECT_NE(kind, Kind::kLanding) << flight;
  }
  EXPECT_EQ(Of(*traffic, "2").back().first, Kind::kCancellation);
  EXPECT_TRUE(traffic->truth()[1].cancelled);
  EXPECT_FALSE(traffic->truth()[2].arr_delay);
}

TEST_F(Flights, AMissingTailIsAnEmptyTextAndNoTailIsNamedBeforehand) {
  const auto heard = Of(*Read(), "2");
  EXPECT_FALSE(heard[0].second.contains("tail")) << "a schedule names no plane";
  EXPECT_EQ(heard[1].second["tail"], "");
}

TEST_F(Flights, ABrokenReadingIsToldAsItIsAndMissingOnesAreLeftOut) {
  const auto traffic = Read();
  std::string line;
  for (std::size_t i = 0; i < traffic->of(0).size(); ++i) {
    if (traffic->of(0)[i].kind == Kind::kWeather) traffic->Render(0, i, line);
  }
  const auto weather = json::parse(line);
  EXPECT_DOUBLE_EQ(weather["wind_speed"].get<double>(), 1048.36058);
  EXPECT_FALSE(weather.contains("wind_gust"));
}

TEST_F(Flights, ADamagedFileIsNamedWithItsLine) {
  Write("flights.csv", kHeader + "2013,1,1\n");
  const auto read = ReadFlights(SystemFiles(), folder_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kDataLoss);
  EXPECT_NE(read.error().message.find("flights.csv:2"), std::string::npos) << read.error().message;
  std::filesystem::remove(folder_ / "weather.csv");
  EXPECT_EQ(ReadFlights(SystemFiles(), folder_ / "nowhere").error().code, Code::kNotFound);
}

TEST(FlightsOfTheYear, AreAllThere) {
  const auto* folder = std::getenv("EDGEWISE_FLIGHTS");
  if (folder == nullptr) GTEST_SKIP() << "set EDGEWISE_FLIGHTS to the folder of flights.csv";
  const auto traffic = ReadFlights(SystemFiles(), folder).value();
  std::size_t scores = 0, records = 0, cancelled = 0, unlabelled = 0;
  for (std::size_t site = 0; site < 3; ++site) {
    for (const auto& happening : traffic->of(site)) ++(happening.kind == Kind::kScore ? scores : records);
  }
  for (const auto& flight : traffic->truth()) {
    cancelled += flight.cancelled ? 1 : 0;
    unlabelled += flight.arr_delay ? 0 : 1;
  }
  EXPECT_EQ(scores, 336'776U);
  EXPECT_EQ(records, 1'027'013U);
  EXPECT_EQ(cancelled, 8'255U);
  EXPECT_EQ(unlabelled, 8'255U + 1'175U);
}

TEST(Figures, TheAreaUnderTheCurveIsThatOfTheTrainer) {
  std::vector<JudgedRow> rows;
  std::vector<double> scores;
  std::vector<float> labels;
  for (int i = 0; i < 400; ++i) {
    const auto score = static_cast<float>(i * 37 % 100) / 100.0F;
    const auto label = (i * 53 % 100) < (i * 37 % 100) ? 1.0F : 0.0F;
    rows.push_back({fmt::format("{:04}", i), i / 20, score, label});
    scores.push_back(static_cast<double>(score));
    labels.push_back(label);
  }
  const auto quality = Measure(rows);
  EXPECT_NEAR(quality.auc, train::Auc(scores, labels), 1e-12);
  EXPECT_LT(quality.auc_low, quality.auc);
  EXPECT_GT(quality.auc_high, quality.auc);
  auto worse = rows;
  for (auto& row : worse) row.score = 0.5F;
  const auto gain = AucGain(rows, worse);
  EXPECT_NEAR(gain.mean, quality.auc - 0.5, 1e-12);
  EXPECT_NEAR(AucGain(rows, rows).high, 0, 1e-12);
}

TEST(Progress, TimeLeftIsNoMoreExactThanItIs) {
  using std::chrono::seconds;
  EXPECT_EQ(TimeLeft(seconds(-3)), "almost done");
  EXPECT_EQ(TimeLeft(seconds(17)), "about 20 s left");
  EXPECT_EQ(TimeLeft(seconds(89)), "about 90 s left");
  EXPECT_EQ(TimeLeft(seconds(100)), "about 2 min left");
}

TEST(Report, FitsATerminalOf80ColumnsAndAnswersFirst) {
  Report report;
  report.data = "simulator";
  report.seconds = 1234;
  report.serving_seconds = 100;
  report.flights = report.appended = report.stored = report.indexed = 1'336'776;
  report.searched_bytes = 2'000'000'000;
  report.leak_patterns = 123'456;
  report.loop.rows = 166'668;
  report.loop_minus_frozen = {.mean = 0.012, .low = 0.008, .high = 0.016};
  report.models.push_back({.version = "2013-11-last-90-days", .digest = "", .decision = "refused", .reason = std::string(200, 'r')});
  report.models.push_back(report.models[0]);
  report.models[1].low = -0.1;
  std::istringstream lines(ToText(report));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_NE(ToText(report).find("help?    yes: +0.012 AUC"), std::string::npos);
  report.loop_minus_frozen.low = -0.001;
  EXPECT_NE(ToText(report).find("help?    not proven"), std::string::npos);
}

TEST(Report, OneLostEventOrOneLeakBreaksTheWord) {
  Report report;
  report.appended = report.stored = report.indexed = 5;
  EXPECT_FALSE(KeptItsWord(report)) << "nothing was looked at";
  report.lineage_checked = report.searched_bytes = 1;
  EXPECT_TRUE(KeptItsWord(report));
  for (auto* broken : {&report.lost, &report.doubled, &report.leaks, &report.lineage_broken}) {
    *broken = 1;
    EXPECT_FALSE(KeptItsWord(report));
    *broken = 0;
  }
  report.appended = 6;
  EXPECT_FALSE(KeptItsWord(report));
  EXPECT_TRUE(json::parse(ToJson(report)).contains("loop_minus_frozen"));
}

TEST(Musts, AMissedFigureOfTheRealYearIsShownAndOneOfTheMachineFailsNothing) {
  Report report;
  report.data = "flights";
  report.flights = 336'776;
  report.serving_seconds = 60;
  report.frozen = {.rows = 1, .auc = 0.772, .logloss = 0.439};
  report.loop = {.rows = 1, .auc = 0.788, .logloss = 0.428};
  report.loop_minus_frozen = {.mean = 0.016, .low = 0.011, .high = 0.020};
  report.severe_found = 26;
  for (const auto* date : {"2013-02-08", "2013-02-09"}) {
    for (const auto* site : {"EWR", "JFK", "LGA"}) report.days.push_back({site, date, true, true});
  }
  report.days.push_back({"LGA", "2013-07-22", true, true});
  EXPECT_TRUE(ReachedItsFigures(report)) << ToText(report);
  EXPECT_EQ(ToText(report).find("MISSED"), std::string::npos);
  report.serving_seconds = 600;  // a slow machine
  EXPECT_TRUE(ReachedItsFigures(report));
  EXPECT_NE(ToText(report).find("MISSED   flights a second"), std::string::npos);
  report.days.push_back({"JFK", "2013-07-22", false, true});
  EXPECT_FALSE(ReachedItsFigures(report));
  report.data = "simulator";
  EXPECT_TRUE(ReachedItsFigures(report));
}

}  // namespace
}  // namespace edgewise::demo
