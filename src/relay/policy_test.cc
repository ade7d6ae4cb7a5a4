#include "relay/policy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

namespace edgewise::relay {
namespace {

using Json = nlohmann::json;
using event::Event;
using event::Lane;
using event::Raw;

constexpr std::string_view kKey = "0123456789abcdef-EWR";

std::string ExampleToml() {
  std::ifstream file(EDGEWISE_SOURCE_DIR "/examples/flights/policy.toml");
  return (std::stringstream() << file.rdbuf()).str();
}

Policy Example(std::string_view key = kKey) { return *Policy::FromToml(ExampleToml(), "policy.toml", key); }

Event Make(std::string_view type, std::string data, std::uint64_t sequence = 1) {
  Event event;
  event.type = type;
  event.data = std::move(data);
  event.id = {"EWR", 1, *event::LaneOf(event), sequence};
  event.time = *ParseTime("2013-02-08T19:00:00Z");
  event.lineage = *LineageId::Parse("00112233445566778899aabbccddeeff");
  return event;
}

Event Insight(std::string_view flight = "1545", std::string_view tail = "N14228") {
  return Make(event::kInsightV1, Json{{"hour", "2013-02-08T18:00:00Z"},
                                      {"scored", 61},
                                      {"mean_score", 0.123456},
                                      {"worst", {{"score", 0.87654}, {"flight", flight}, {"tail", tail}, {"dest", "IAH"}}},
                                      {"crew_note", "call Jane Roe 555-0199"}}
                                     .dump());
}

Json DataOf(const Verdict& verdict) { return Json::parse(verdict.line->value()).at("data"); }

std::string Unpack(const std::string& packed) {
  std::string text(ZSTD_getFrameContentSize(packed.data(), packed.size()), '\0');
  EXPECT_EQ(ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size()), text.size());
  return text;
}

TEST(Policy, FlightAndTailLeaveAsPseudonymsAndTheCrewNoteNever) {
  const auto verdict = Example().Judge(Raw(Insight()));
  ASSERT_TRUE(verdict.allowed) << verdict.rule;
  const auto data = DataOf(verdict);
  EXPECT_EQ(data.at("worst").at("flight").get<std::string>().size(), 16u);
  EXPECT_EQ(data.at("worst").at("dest"), "IAH");
  EXPECT_EQ(data.at("mean_score").get<double>(), 0.1235);
  for (const auto* secret : {"1545", "N14228", "Jane", "555"}) EXPECT_FALSE(verdict.line->value().contains(secret)) << secret;
  EXPECT_EQ(verdict.dropped, std::vector<std::string>{"crew_note"});
  EXPECT_EQ(verdict.pseudonymised.size(), 2u);
  EXPECT_GT(verdict.leak_bits, 128);
}

TEST(Policy, TheSameTailHasTheSamePseudonymInASiteAndAnotherElsewhere) {
  const auto here = DataOf(Example().Judge(Raw(Insight("1545"))))["worst"];
  const auto again = DataOf(Example().Judge(Raw(Insight("22"))))["worst"];
  const auto elsewhere = DataOf(Example("0123456789abcdef-JFK").Judge(Raw(Insight("1545"))))["worst"];
  EXPECT_EQ(here["tail"], again["tail"]);
  EXPECT_NE(here["flight"], again["flight"]);
  EXPECT_NE(here["tail"], elsewhere["tail"]);
  const auto same_text = DataOf(Example().Judge(Raw(Insight("N14228"))))["worst"];
  EXPECT_NE(same_text["flight"], same_text["tail"]) << "a flight's pseudonym must not be comparable with a tail's";
}

TEST(Policy, WhatIsNotNamedStays) {
  const auto policy = Example();
  auto unknown = Insight();
  unknown.type = "io.edgewise.diary.v1";
  const auto denied = policy.Judge(Raw(unknown));
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.rule, "default-deny");
  EXPECT_FALSE(denied.line);

  const auto verdict =
      policy.Judge(Raw(Make(event::kSampleV1, R"({"label":1,"passenger":"Jane","n":[1,{"x":"Jane"},[2]],"day":{"a":1}})")));
  EXPECT_EQ(DataOf(verdict), Json::parse(R"({"label":1,"n":[1,null,[2]]})"));
  EXPECT_EQ(verdict.unnamed, 1u);
  const auto nothing = *Policy::FromToml("schema = \"edgewise.policy.v1\"\n", "policy.toml", kKey);
  EXPECT_FALSE(nothing.Judge(Raw(Insight())).allowed);
}

TEST(Policy, ASubjectThatIsNotListedStays) {
  auto drift = Make(event::kDriftV1, R"({"alarm":true})");
  drift.subject = "alarm";
  EXPECT_TRUE(Example().Judge(Raw(drift)).line->value().contains(R"("subject":"alarm")"));
  drift.subject = "N14228";
  EXPECT_FALSE(Example().Judge(Raw(drift)).line->value().contains("subject"));
}

TEST(Policy, ValuesThatAreNotOfTheirKindStay) {
  const auto data = DataOf(Example().Judge(Raw(Make(event::kSampleV1, R"({"layout":"Jane","score":1.5,"label":"1","day":"2013-2-08",
      "model":"sha256:00","n":[1e7,-1e6,0.0004,-0.0004,12.3456,null,"Jane",true,1e6],"c":["UA","Jane Roe","\"","",null]})"))));
  EXPECT_EQ(data.dump(), R"({"c":["UA","","","",null],"n":[null,-1000000,0,0,12.346,null,null,null,1000000]})");
}

TEST(Policy, RoundingIsOfDecimals) {
  std::mt19937_64 random(20130208);
  std::uniform_real_distribution<double> values(-2000, 2000);
  for (int i = 0; i < 2000; ++i) {
    const auto value = values(random);
    const auto left = DataOf(Example().Judge(Raw(Make(event::kSampleV1, Json{{"n", {value}}}.dump()))))["n"][0].get<double>();
    EXPECT_NEAR(left, value, 0.0005000001);
    EXPECT_NEAR(left * 1000, std::round(left * 1000), 1e-6);
  }
}

/// Same permitted projection, same bytes: nothing of what stays shows in what leaves.
TEST(Policy, WhatStaysChangesNothingOfWhatLeaves) {
  std::mt19937_64 random(7);
  const auto policy = Example();
  const auto noise = [&] { return std::string(1 + random() % 40, static_cast<char>('a' + random() % 26)); };
  for (int i = 0; i < 300; ++i) {
    Json open = {{"hour", "2013-02-08T18:00:00Z"}, {"scored", random() % 100}, {"worst", {{"score", 0.5}, {"dest", "IAH"}}}};
    auto closed = open;
    closed["crew_note"] = noise();
    closed[noise() + "_"] = {{"a", noise()}, {"b", {1, noise()}}};
    closed["worst"][noise() + "_"] = noise();
    const auto first = policy.Judge(Raw(Make(event::kInsightV1, open.dump())));
    const auto second = policy.Judge(Raw(Make(event::kInsightV1, closed.dump())));
    EXPECT_EQ(first.line->value(), second.line->value());
  }
}

TEST(Policy, WhatCannotBeReadIsDenied) {
  for (const auto* data : {"", "{", "[1]", "{\"label\":1}}", "\"Jane\"", "{\"label\":\xff}"}) {
    EXPECT_EQ(Example().Judge(Raw(Make(event::kSampleV1, data))).rule, "unreadable") << data;
  }
}

TEST(Policy, BadFilesAreRefusedWithTheirLine) {
  const auto message = [](std::string_view body, std::string_view key = kKey) {
    const auto policy = Policy::FromToml(fmt::format("schema = \"edgewise.policy.v1\"\n{}", body), "p.toml", key);
    return policy ? "accepted" : policy.error().message;
  };
  constexpr std::string_view kAllow = "[[allow]]\ntype = \"io.edgewise.sample.v1\"\n[allow.fields]\n";
  const auto field = [&](std::string_view line) { return message(fmt::format("{}{}\n", kAllow, line)); };
  EXPECT_EQ(field("label = \"flag\""), "accepted");
  EXPECT_TRUE(field("label = \"keep\"").starts_with("p.toml:5: expected drop")) << field("label = \"keep\"");
  EXPECT_TRUE(field("n = { number = 3 }").contains("min <= max"));
  EXPECT_TRUE(field("n = { number = 3, min = -1e300, max = 1e300 }").contains("2^53"));
  EXPECT_TRUE(field("n = { text = 3, mix = 1 }").contains("unknown key \"mix\"; there are: text, values, number"));
  EXPECT_TRUE(field("a = \"flag\"\n\"a.b\" = \"flag\"").contains("inside"));
  EXPECT_TRUE(field("\"a b\" = \"flag\"").contains("letters"));
  EXPECT_TRUE(message("[[allow]]\ntype = \"io.edgewise.diary.v1\"\n").starts_with("p.toml:2: type must be"));
  EXPECT_TRUE(message("[[alow]]\ntype = 1\n").contains("unknown key \"alow\"; did you mean \"allow\"?"));
  EXPECT_TRUE(message(fmt::format("{}{}", kAllow, kAllow)).contains("already"));
  EXPECT_TRUE(message("x = ").starts_with("p.toml:2"));
  EXPECT_TRUE(message("", "short").contains("16 bytes"));
  EXPECT_FALSE(Policy::FromToml("", "p.toml", kKey));
}

std::vector<Raw<Event>> Samples(std::size_t count) {
  std::vector<Raw<Event>> events;
  for (std::size_t i = 0; i < count; ++i)
    events.emplace_back(Make(event::kSampleV1, Json{{"label", i % 2}, {"n", {0.5, i}}, {"tail", "N14228"}}.dump(), i + 1));
  return events;
}

TEST(Batch, HoldsTheLinesOfWhatIsAllowedAndCountsWhatIsNot) {
  auto events = Samples(10);
  events[3] = Raw(Make(event::kSampleV1, "not JSON", 4));
  const auto batch = Example().Cut("EWR", Lane::kSample, events);
  EXPECT_EQ(batch.head.object_name, "sites/EWR/sample/e000001/000000000001-000000000010.jsonl.zst");
  EXPECT_EQ(batch.head.manifest_name, "sites/EWR/sample/e000001/000000000001-000000000010.manifest.json");
  EXPECT_EQ(batch.head.events, 9u);
  EXPECT_EQ(batch.head.denied, 1u);
  EXPECT_EQ(batch.head.output, Digest::Of(batch.object.value()));
  const auto text = Unpack(batch.object.value());
  EXPECT_EQ(std::ranges::count(text, '\n'), 9);
  EXPECT_EQ(event::FromJson(text.substr(0, text.find('\n')))->id.ToString(), "EWR/1/sample/1");
  EXPECT_FALSE(text.contains("N14228"));
  const auto manifest = Json::parse(batch.manifest.value());
  EXPECT_EQ(manifest.at("schema"), "edgewise.batch.v1");
  EXPECT_EQ(manifest.at("policy"), Example().digest().ToString());
  EXPECT_EQ(manifest.at("output"), batch.head.output.ToString());
}

TEST(Batch, HasAnAuditLinePerDecisionWithoutValues) {
  auto events = Samples(10);
  events[3] = Raw(Make(event::kSampleV1, "not JSON", 4));
  const auto batch = Example().Cut("EWR", Lane::kSample, events);
  std::istringstream lines(batch.audit);
  std::string line;
  for (int i = 1; i <= 10; ++i) {
    ASSERT_TRUE(std::getline(lines, line));
    const auto json = Json::parse(line);
    EXPECT_EQ(json.at("event"), fmt::format("EWR/1/sample/{}", i));
    EXPECT_EQ(json.at("allowed"), i != 4);
    EXPECT_EQ(json.contains("unnamed"), i != 4);
  }
  EXPECT_FALSE(std::getline(lines, line));
  EXPECT_FALSE(batch.audit.contains("N14228"));
  EXPECT_FALSE(batch.audit.contains("tail"));
}

TEST(Batch, AShareIsChosenByTheEventsNameAlone) {
  auto toml = ExampleToml();
  toml.replace(toml.find("share = 1.0"), 11, "share = 0.1");
  const auto policy = *Policy::FromToml(toml, "policy.toml", kKey);
  const auto first = policy.Cut("EWR", Lane::kSample, Samples(2000));
  EXPECT_NEAR(static_cast<double>(first.head.events), 200, 60);
  EXPECT_EQ(first.head.events + first.head.denied, 2000u);
  EXPECT_EQ(first.head.output, policy.Cut("EWR", Lane::kSample, Samples(2000)).head.output);
}

TEST(Batch, ComesBackFromItsSealAsItWas) {
  const auto policy = Example();
  auto batch = policy.Cut("EWR", Lane::kSample, Samples(5));
  batch.allowed_ever = 12;
  const auto sealed = policy.Seal(batch);
  const auto again = policy.Reopen(sealed);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->object.value(), batch.object.value());
  EXPECT_EQ(again->manifest.value(), batch.manifest.value());
  EXPECT_EQ(again->head.manifest_name, batch.head.manifest_name);
  EXPECT_EQ(again->allowed_ever, 12u);
}

TEST(Batch, WhatThePolicyDidNotSealIsNotReopened) {
  const auto policy = Example();
  const auto sealed = policy.Seal(policy.Cut("EWR", Lane::kSample, Samples(2)));
  EXPECT_EQ(Example("another key of 16+ bytes").Reopen(sealed).error().code, Code::kDataLoss);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(policy.Reopen(changed)) << i;
    EXPECT_FALSE(policy.Reopen(sealed.substr(0, i))) << i;
  }
}

}  // namespace
}  // namespace edgewise::relay
