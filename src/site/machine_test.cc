#include "site/machine.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "site/made_example_test.h"
#include "site/rule_options.h"

namespace edgewise::site::test {
namespace {

/// A machine and what it brought about so far.
class MachineTest : public testing::Test {
 protected:
  static std::unique_ptr<Machine> Made() {
    auto program = feature::Program::FromToml(kFeatures, "features.toml");
    EXPECT_TRUE(program) << program.error().message;
    auto rules = RulesFromToml(kRules, "rules.toml", *program);
    EXPECT_TRUE(rules) << rules.error().message;
    auto machine = std::make_unique<Machine>(Machine::Options{*rules, *program, {}, nullptr});
    machine->features().Add(machine->program());
    return machine;
  }
  void Say(std::string_view stream, double minutes, std::string_view name, std::string_view more = "") {
    const auto line = fmt::format(R"({{"producer":"p","seq":{},"time":"{}","name":"{}"{}}})", ++sequence_, At(minutes), name, more);
    ASSERT_TRUE(machine_->Apply(machine_->Check(stream, line).value().entry, effects_));
  }
  LineageId Score(double minutes, std::string_view name, double score = 0.7) {
    ScoredEntry entry;
    entry.lineage = LineageId::Random();
    entry.model = Digest::Of("model");
    entry.layout = machine_->program().layout();
    entry.scored_at = ParseTime(At(minutes)).value();
    entry.score = score;
    entry.request = fmt::format(R"({{"name":"{}","due":"{}","amount":3}})", name, At(minutes + 60));
    const auto request =
        machine_->parser().Parse(machine_->program().request(), entry.request, feature::RecordParser::Form::kRequest).value();
    machine_->Compute(machine_->program(), request, entry.sample);
    EXPECT_TRUE(machine_->Apply(entry, effects_));
    return entry.lineage;
  }
  std::vector<event::Event> Of(std::string_view type) const {
    std::vector<event::Event> found;
    std::ranges::copy_if(effects_.events, std::back_inserter(found), [type](const auto& event) { return event.type == type; });
    return found;
  }
  std::vector<RowLabelled> Labels() const {
    std::vector<RowLabelled> labels;
    for (const auto& change : effects_.changes) {
      if (const auto* label = std::get_if<RowLabelled>(&change)) labels.push_back(*label);
    }
    return labels;
  }

  std::unique_ptr<Machine> machine_ = Made();
  Effects effects_;
  std::uint64_t sequence_ = 0;
};

TEST_F(MachineTest, ARepeatedRecordChangesNothing) {
  const auto line = fmt::format(R"({{"producer":"p","seq":7,"time":"{}","name":"A","delay":5}})", At(0));
  const auto once = machine_->Check("stop", line + "\n" + line).value().entry;
  EXPECT_EQ(once.lines, line + "\n");
  ASSERT_TRUE(machine_->Apply(once, effects_));
  const auto state = machine_->Save();
  EXPECT_EQ(machine_->Check("stop", line).value().fresh, 0U);
  ASSERT_TRUE(machine_->Apply(once, effects_));  // as a replay of an old journal may do
  EXPECT_EQ(machine_->Save(), state);
  EXPECT_EQ(machine_->counts().records, 1U);
}

TEST_F(MachineTest, OneBadLineRefusesTheBatchAndNamesIt) {
  const auto good = fmt::format(R"({{"producer":"p","seq":1,"time":"{}","name":"A"}})", At(0));
  const auto refused = machine_->Check("stop", good + "\nnot json\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_NE(refused.error().message.find("line 2"), std::string::npos) << refused.error().message;
  EXPECT_EQ(machine_->Check("nowhere", good).error().code, Code::kNotFound);
  EXPECT_EQ(machine_->Check("stop", good).value().fresh, 1U);
}

TEST_F(MachineTest, TheCheckTellsRepetitionsFromRecordsThatCameTooLate) {
  const auto line = [](int sequence, std::string_view producer = "p") {
    return fmt::format(R"({{"producer":"{}","seq":{},"time":"{}","name":"A"}})", producer, sequence, At(sequence)) + "\n";
  };
  ASSERT_TRUE(machine_->Apply(machine_->Check("stop", line(1) + line(2)).value().entry, effects_));
  const auto checked = machine_->Check("stop", line(2) + line(9) + line(5) + line(9) + line(10) + line(1, "q")).value();
  EXPECT_EQ(checked.fresh, 3U);
  EXPECT_EQ(checked.repeated, 2U);
  EXPECT_EQ(checked.skipped, 1U);
  EXPECT_EQ(checked.entry.lines, line(9) + line(10) + line(1, "q"));
}

TEST_F(MachineTest, TheFirstNewRecordThatIsTooLateToBeTrueIsNamed) {
  const auto line = [](int sequence, double minutes) {
    return fmt::format(R"({{"producer":"p","seq":{},"time":"{}","name":"A"}})", sequence, At(minutes)) + "\n";
  };
  const EventTime latest{kStart.ms + (60 * kMinute)};
  EXPECT_EQ(machine_->Check("stop", line(1, 0) + line(2, 60), latest).value().ahead, 0U);
  EXPECT_EQ(machine_->Check("stop", line(1, 0) + line(2, 61) + line(3, 99), latest).value().ahead, 2U);
  ASSERT_TRUE(machine_->Apply(machine_->Check("stop", line(2, 61)).value().entry, effects_));
  EXPECT_EQ(machine_->Check("stop", line(2, 61), latest).value().ahead, 0U) << "what was taken before is only repeated";
}

TEST_F(MachineTest, ALandingLabelsTheRowWithItsKeyOnce) {
  const auto late = Score(0, "A");
  const auto early = Score(1, "B");
  Say("stop", 100, "A", R"(,"delay":16)");
  Say("stop", 101, "B", R"(,"delay":15)");
  Say("stop", 102, "A", R"(,"delay":-3)");
  Say("stop", 103, "unknown", R"(,"delay":99)");
  const auto labels = Labels();
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels[0].lineage, late);
  EXPECT_EQ(labels[0].label, LabelState::kPositive);
  EXPECT_EQ(FormatTime(labels[0].at), At(100));
  EXPECT_EQ(labels[1].lineage, early);
  EXPECT_EQ(labels[1].label, LabelState::kNegative);
  const auto samples = Of(event::kSampleV1);
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].lineage, late);
  EXPECT_NE(samples[0].data.find(R"("label":1,"day":"2013-02-08","n":[3,null])"), std::string::npos) << samples[0].data;
  EXPECT_EQ(samples[0].data.find("\"A\""), std::string::npos) << "an identifier in a sample";
}

TEST_F(MachineTest, WhatIsCancelledOrNeverArrivesGetsNoLabelAndNoSample) {
  Score(0, "A");
  Score(0, "B");
  Say("drop", 10, "A");
  Say("plan", 61 + (72 * 60), "later");
  const auto labels = Labels();
  ASSERT_EQ(labels.size(), 2U);
  for (const auto& label : labels) EXPECT_EQ(label.label, LabelState::kNever);
  EXPECT_TRUE(Of(event::kSampleV1).empty());
  EXPECT_EQ(machine_->pending(), 0U);
}

TEST_F(MachineTest, AnHoursInsightComesWhenTheNextHourBegins) {
  Score(5, "A", 0.2);
  const auto worst = Score(50, "B", 0.9);
  EXPECT_TRUE(Of(event::kInsightV1).empty());
  ASSERT_TRUE(machine_->Apply(WatermarkEntry{EventTime{kStart.ms + (60 * kMinute)}}, effects_));
  const auto insights = Of(event::kInsightV1);
  ASSERT_EQ(insights.size(), 1U);
  EXPECT_EQ(insights[0].lineage, worst);
  EXPECT_NE(insights[0].data.find(R"("scored":2)"), std::string::npos) << insights[0].data;
}

TEST_F(MachineTest, AValueOutsideItsRangeIsReportedAndNotLearned) {
  Say("stop", 0, "A", R"(,"delay":10000)");
  const auto readings = Of(event::kReadingV1);
  ASSERT_EQ(readings.size(), 1U);
  EXPECT_NE(readings[0].data.find("\"delay\""), std::string::npos) << readings[0].data;
  EXPECT_EQ(machine_->counts().quarantined, 1U);
}

TEST_F(MachineTest, ARestartFromASnapshotGoesOnAsIfNothingHadHappened) {
  Score(0, "A");
  Say("stop", 3, "X", R"(,"delay":30)");
  Score(5, "B");
  auto restarted = Made();
  ASSERT_TRUE(restarted->Load(machine_->Save()));
  EXPECT_EQ(restarted->Save(), machine_->Save());
  effects_ = {};
  const auto go_on = [&] {
    Say("stop", 70, "A", R"(,"delay":30)");
    Say("stop", 75, "B", R"(,"delay":1)");
    auto effects = std::exchange(effects_, {});
    std::vector<std::string> data;
    for (const auto& event : effects.events) data.push_back(event.type + event.data);
    return data;
  };
  const auto expected = go_on();
  std::swap(machine_, restarted);
  sequence_ -= 2;
  EXPECT_EQ(go_on(), expected);
  EXPECT_EQ(restarted->Save(), machine_->Save());
}

TEST(Rules, NameTheLineAndTheKeyThatIsWrong) {
  const auto program = feature::Program::FromToml(kFeatures, "features.toml").value();
  const auto refused = [&](std::string text) {
    const auto rules = RulesFromToml(text, "rules.toml", program);
    return rules ? std::string("taken") : rules.error().message;
  };
  EXPECT_NE(refused(std::string(kRules) + "nots = 1\n").find("unknown key \"nots\"; did you mean \"note\"?"), std::string::npos);
  EXPECT_NE(refused("[label]\nmodel = \"m\"\nkey = [\"nme\"]\nstream=\"stop\"\nfield=\"delay\"\nnever_streams=[]\ndue=\"due\"\n")
                .find("rules.toml:1: "),
            std::string::npos);
  EXPECT_NE(refused("= 1").find("rules.toml:1"), std::string::npos);
}

TEST(Rules, RefuseWhatIsNoSuchThingOrOutOfItsRangeWithLineAndKey) {
  const auto program = feature::Program::FromToml(kFeatures, "features.toml").value();
  const std::string disruption =
      "[disruption]\nkey = [\"name\"]\ndue_stream = \"plan\"\ndue_field = \"due\"\nstarted_stream = \"stop\"\n"
      "lateness_field = \"delay\"\ncancelled_stream = \"drop\"\nmad_floor = 8\nalarm = 6.9\ncap = 180\nleast_due = 35\n";
  const std::string good = "drift_days = 7\nmost_ahead_minutes = 15" + std::string(kRules) + disruption;
  const auto with = [&](const std::string& key, const std::string& value, const std::string& section) {
    auto text = good;
    const auto at = text.find("\n" + key + " = ", section.empty() ? 0 : text.find("[" + section + "]"));
    const auto begin = at == std::string::npos ? 0 : at + 1;  // the first key of the file has no line before it
    text.replace(begin, text.find('\n', begin) - begin, key + " = " + value);
    const auto rules = RulesFromToml(text, "rules.toml", program);
    const auto line = fmt::format("rules.toml:{}: \"{}\" must ", 1 + std::count(text.begin(), text.begin() + begin, '\n'), key);
    return rules ? std::string("taken") : rules.error().message.starts_with(line) ? "refused" : rules.error().message;
  };
  const std::map<std::string, std::vector<std::string>> bad = {
      {"> 0", {"0", "-1", "nan", "inf", "\"7\""}},   {">= 0", {"-1", "nan", "1e300"}},
      {">= 1", {"0", "-1", "0.5", "1e300", "nan"}},  {"text", {"1", "[\"name\"]", "\"\""}},
      {"texts", {"1", "[1]", "[\"\"]", "\"name\""}}, {"", {"nan", "true"}}};
  for (const auto& option : RuleOptions()) {
    const std::string key(option.key), section(option.section);
    if (good.find("\n" + key + " = ") == std::string::npos && key != "drift_days") ADD_FAILURE() << key;
    for (const auto& value : bad.at(std::string(option.type == "number" ? option.range : option.type)))
      EXPECT_EQ(with(key, value, section), "refused") << key << " = " << value;
  }
  EXPECT_EQ(with("drift_days", "1e300", ""), "refused");
  EXPECT_EQ(with("key", "[]", "label"), "refused") << "all things would be one";
  EXPECT_EQ(with("key", "[]", "disruption"), "refused");
  EXPECT_EQ(with("least_due", "1", "disruption"), "taken");
  EXPECT_EQ(with("never_streams", "[]", "label"), "taken");
}

TEST(Rules, ComparesNoMoreOftenThanHourlyAndAsOftenAsItSays) {
  const auto program = feature::Program::FromToml(kFeatures, "features.toml").value();
  const auto period = [&](const std::string& days) {
    return RulesFromToml("drift_days = " + days + std::string(kRules), "rules.toml", program).value().drift_period;
  };
  EXPECT_EQ(period("0.001"), std::chrono::hours(1));
  EXPECT_EQ(period("0.5"), std::chrono::hours(12));
  EXPECT_EQ(period("7"), std::chrono::hours(7 * 24));
}

}  // namespace
}  // namespace edgewise::site::test
