#include "configuration.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <tuple>
#include <utility>

#include "base/lineage_id.h"
#include "configuration_options.h"

namespace edgewise {
namespace {

std::string FullName(const Option& option) { return fmt::format("{}{}{}", option.section, option.section.empty() ? "" : ".", option.key); }

/// A configuration in which every option is given.
class ConfigurationTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    const std::map<std::string_view, std::string> by_type = {
        {"text", "\"t\""},         {"texts", "[\"t\"]"},       {"path", "\"p\""}, {"paths", "[\"p\"]"},
        {"address", "\"host:1\""}, {"date", "\"2013-05-01\""}, {"flag", "true"},  {"number", "7"}};
    for (const auto& option : ConfigurationOptions()) values_[FullName(option)] = by_type.at(option.type);
    values_["target"] = "\"inline\"";
    values_["site.durability"] = "[\"queued\", \"late=none\"]";
    values_["site.queue_full"] = "\"drop-oldest-of-class\"";
    values_["site.tap.path"] = "\"/t\"";
    values_["site.folder.name"] = "\"f\"";
    values_["site.folder.done"] = "\"d\"";
    values_["site.folder.to"] = "\"records/stop\"";
    values_["site.mqtt.name"] = "\"m\"";
    values_["site.mqtt.to"] = "\"score/late\"";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static std::string Header(std::string_view section) {
    if (section.empty()) return "";
    if (section.starts_with("site") || section == "improve.extra") return fmt::format("[[{}]]\n", section);
    return section == "tables.NAME" ? "[tables.planes]\n" : fmt::format("[{}]\n", section);
  }
  /// The lines of the file; `line_` becomes the one of `key`.
  std::string Text(const std::string& key = "") {
    std::string text, section;
    for (const auto& option : ConfigurationOptions()) {
      if (option.section != section) text += Header(option.section);
      section = option.section;
      const auto value = values_.find(FullName(option));
      if (value == values_.end()) continue;
      text += fmt::format("{} = {}\n", option.key, value->second);
      if (FullName(option) == key) line_ = std::ranges::count(text, '\n');
    }
    return text;
  }
  Result<Configuration> Read(const std::string& text) {
    std::ofstream(folder_ / "edgewise.toml") << text;
    return ReadConfiguration(folder_ / "edgewise.toml");
  }
  std::string Refusal(const std::string& text) {
    const auto read = Read(text);
    return read ? "taken" : read.error().message;
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-" + LineageId::Random().ToString());
  std::map<std::string, std::string> values_;
  std::ptrdiff_t line_ = 0;
};

TEST_F(ConfigurationTest, EveryDeclaredOptionIsTaken) {
  const auto read = Read(Text());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->state, folder_ / "p") << "paths are taken from the file's folder";
  EXPECT_EQ(read->target, "inline");
  EXPECT_EQ(site::DurabilityOf(read->sites[0].durability, "late"), site::Durability::kNone);
  EXPECT_EQ(site::DurabilityOf(read->sites[0].durability, "other"), site::Durability::kQueued);
  EXPECT_EQ(read->sites[0].queue_mib, 7U);
  EXPECT_EQ(read->sites[0].when_full, queue::WhenFull::kDropOldest);
  EXPECT_TRUE(read->replay);
  EXPECT_EQ(read->pages, folder_ / "p");
  EXPECT_EQ(read->tables.at(0).name, "planes");
  EXPECT_EQ(read->sites.at(0).address, "host:1");
  const auto& tap = read->sites.at(0).inputs.taps.at(0);
  EXPECT_EQ(tap.upstream, "host:1");
  EXPECT_EQ(tap.fields.at(0).pointer, "/t");
  EXPECT_EQ(tap.wait, std::chrono::milliseconds(7));
  EXPECT_EQ(tap.most_body, 7U << 10);
  const auto& folder = read->sites.at(0).inputs.folders.at(0);
  EXPECT_EQ(folder.done, folder_ / "d");
  EXPECT_EQ(folder.to.name, "stop");
  EXPECT_EQ(folder.largest, 7U << 20);
  const auto& topic = read->sites.at(0).inputs.topics.at(0);
  EXPECT_EQ(topic.broker, "host:1");
  EXPECT_EQ(topic.to.name, "late");
  EXPECT_EQ(topic.password_file, folder_ / "p");
  EXPECT_EQ(read->improve->history.size(), 1U);
  EXPECT_EQ(read->improve->extras.at(0).on, "2013-05-01");
}

TEST_F(ConfigurationTest, EveryOptionIsReadAndRefusedWithItsLineWhenItIsNoSuchThing) {
  for (const auto& option : ConfigurationOptions()) {
    const auto name = FullName(option);
    const auto good = values_[name];
    values_[name] = "7.5";
    const auto message = Refusal(Text(name));
    EXPECT_NE(message.find(fmt::format("edgewise.toml:{}:", line_)), std::string::npos) << name << ": " << message;
    EXPECT_NE(message.find(fmt::format("\"{}\"", option.key)), std::string::npos) << name << ": " << message;
    values_[name] = good;
  }
}

TEST_F(ConfigurationTest, WhatHasNoDefaultMustBeGiven) {
  for (const auto& option : ConfigurationOptions()) {
    const auto name = FullName(option);
    const auto good = values_[name];
    values_.erase(name);
    const auto message = Refusal(Text());
    if (option.standard.empty()) {
      EXPECT_NE(message.find(fmt::format("\"{}\" is missing", option.key)), std::string::npos) << name << ": " << message;
    } else {
      EXPECT_EQ(message, "taken") << name;
    }
    values_[name] = good;
  }
}

TEST_F(ConfigurationTest, AWrongKeyIsNamedWithItsLineAndTheNearest) {
  for (const auto& option : ConfigurationOptions()) {
    auto text = Text(FullName(option));
    const auto mistyped = std::string(option.key) + "x";
    std::size_t at = 0;
    for (std::ptrdiff_t line = 1; line < line_; ++line) at = text.find('\n', at) + 1;
    text.replace(at, option.key.size(), mistyped);
    const auto message = Refusal(text);
    EXPECT_NE(message.find(fmt::format("edgewise.toml:{}: unknown key \"{}\"", line_, mistyped)), std::string::npos) << message;
    EXPECT_NE(message.find(fmt::format("\"{}\"", option.key)), std::string::npos) << message;
  }
}

TEST_F(ConfigurationTest, NamesThatWouldLeaveTheStateFolderAreRefused) {
  for (const auto* name : {"\"../EWR\"", "\"a/b\"", "\".\"", "\"\""}) {
    values_["site.name"] = name;
    EXPECT_NE(Refusal(Text()).find("\"name\" must be"), std::string::npos) << name;
  }
  values_["site.name"] = "\"EWR\"";
  EXPECT_NE(Refusal(Text() + "[[site]]\nname = \"EWR\"\naddress = \"host:2\"\n").find("there is already"), std::string::npos);
}

TEST_F(ConfigurationTest, AQueueBlocksUnlessItIsToldOtherwise) {
  values_.erase("site.queue_full");
  EXPECT_EQ(Read(Text())->sites[0].when_full, queue::WhenFull::kBlock);
  values_["site.queue_full"] = "\"drop\"";
  const auto refusal = Refusal(Text("site.queue_full"));
  EXPECT_NE(refusal.find(fmt::format("edgewise.toml:{}:", line_)), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("drop-oldest-of-class"), std::string::npos) << refusal;
}

TEST_F(ConfigurationTest, WhatAScoreWaitsForIsOneOfThreeAndOncePerModel) {
  for (const auto* wrong : {"[\"sure\"]", "[\"late=\"]", "[\"none\", \"queued\"]"}) {
    values_["site.durability"] = wrong;
    EXPECT_NE(Refusal(Text("site.durability")).find("\"durability\""), std::string::npos) << wrong;
  }
  values_.erase("site.durability");
  EXPECT_EQ(site::DurabilityOf(Read(Text())->sites[0].durability, "late"), site::Durability::kStoredLocally);
}

TEST_F(ConfigurationTest, WhatHappensByTheMonthBeginsOnItsFirst) {
  for (const auto* key : {"improve.first", "improve.last", "improve.extra.on"}) {
    const auto good = values_[key];
    values_[key] = "\"2013-05-02\"";
    EXPECT_NE(Refusal(Text()).find("must be the first of a month, not \"2013-05-02\""), std::string::npos) << key;
    values_[key] = good;
  }
}

TEST_F(ConfigurationTest, AnInputsMistakesAreNamedWithTheirLine) {
  const std::vector<std::tuple<std::string, std::string, std::string>> mistakes = {
      {"site.tap.fields", "[\"carrier=no pointer\"]", "carrier=/flight/carrier"},
      {"site.tap.fields", "[]", "at least one field"},
      {"site.tap.path", "\"orders\"", "must begin with /"},
      {"site.tap.wait_ms", "10001", "must be a whole number from 0 to 10000"},
      {"site.folder.to", "\"models/late\"", "score/MODEL"},
      {"site.folder.done", "\"p\"", "another folder"},
      {"site.mqtt.name", "\"t\"", "there is already"},
  };
  for (const auto& [key, value, what] : mistakes) {
    const auto good = std::exchange(values_[key], value);
    const auto message = Refusal(Text(key));
    EXPECT_NE(message.find(fmt::format("edgewise.toml:{}:", line_)), std::string::npos) << key << ": " << message;
    EXPECT_NE(message.find(what), std::string::npos) << key << ": " << message;
    values_[key] = good;
  }
}

TEST_F(ConfigurationTest, AnAddressMayBeTheUrlThatUpPrints) {
  values_["hub.address"] = "\"http://127.0.0.1:8080/\"";
  EXPECT_EQ(Read(Text())->hub, "127.0.0.1:8080");
}

TEST_F(ConfigurationTest, ADateMustBeOne) {
  const auto month = std::exchange(values_["improve.first"], "\"May 2013\"");
  EXPECT_NE(Refusal(Text()).find("\"first\" must be a date such as"), std::string::npos);
  values_["improve.first"] = month;
  for (const auto* key : {"first", "last", "samples_after"}) {
    const auto name = fmt::format("improve.{}", key);
    const auto good = values_[name];
    values_[name] = "\"2013-13-01\"";
    const auto message = Refusal(Text(name));
    EXPECT_NE(message.find(fmt::format("edgewise.toml:{}: \"{}\" must be a date", line_, key)), std::string::npos) << message;
    EXPECT_NE(message.find("2013-13-01"), std::string::npos) << message;
    values_[name] = good;
  }
}

}  // namespace
}  // namespace edgewise
