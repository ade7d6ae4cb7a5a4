#include <fmt/format.h>
#include <signal.h>

#include <iterator>
#include <set>
#include <sstream>

#include "command_runner_test.h"

namespace edgewise {
namespace {

using nlohmann::json;

class Commands : public CommandTest {
 protected:
  /// Every command with its options and sub-commands, as the program lists them.
  json List() { return json::parse(Run({"options", "--commands", "--json"}).out); }
  static std::vector<std::string> Words(const std::string& command) {
    std::istringstream text(command);
    return {std::istream_iterator<std::string>(text), {}};
  }
  static bool Takes(const json& command, const std::string& option) {
    return std::ranges::any_of(command["options"], [&](const json& each) { return each["name"] == option; });
  }
};

TEST_F(Commands, AreThoseThatAreWanted) {
  std::set<std::string> there;
  for (const auto& command : List()) there.insert(command["command"]);
  for (const auto* wanted :
       {"demo",  "up",   "train", "model", "pack",    "push",   "pull",   "registry", "deploy", "deploy back", "deploy history",
        "score", "send", "relay", "hub",   "improve", "policy", "events", "status",   "doctor", "options",     "version"}) {
    EXPECT_TRUE(there.contains(wanted)) << wanted;
  }
}

TEST_F(Commands, EachTeachesWithAnExampleOfItself) {
  for (const auto& command : List()) {
    const auto name = command["command"].get<std::string>();
    auto words = Words(name);
    words.emplace_back("--help");
    const auto help = Run(words);
    EXPECT_EQ(help.code, 0) << name;
    const auto example = help.out.find("Example:");
    ASSERT_NE(example, std::string::npos) << name;
    std::istringstream lines(help.out);
    for (std::string line; std::getline(lines, line);)
      EXPECT_TRUE(line.size() <= 80 || line.starts_with("  edgewise ")) << name << ": " << line;
    EXPECT_NE(help.out.find("edgewise " + name, example), std::string::npos) << name;
  }
}

TEST_F(Commands, EachRefusesAnUnknownOptionWithTwo) {
  for (const auto& command : List()) {
    auto words = Words(command["command"]);
    words.emplace_back("--no-such-option");
    const auto answer = Run(words);
    EXPECT_EQ(answer.code, 2) << command["command"];
    EXPECT_FALSE(answer.error.empty()) << command["command"];
    EXPECT_EQ(answer.out, "") << command["command"];
  }
}

TEST_F(Commands, EachThatDoesSomethingOffersJson) {
  for (const auto& command : List()) {
    const bool group = !command["subcommands"].empty() && command["command"] != "deploy";
    if (group || command["command"] == "completion") continue;  // a script for a shell is no document
    EXPECT_TRUE(Takes(command, "--json")) << command["command"];
  }
}

TEST_F(Commands, WhatNeedsNoServerAnswersJson) {
  MakeModel(folder_ / "model");
  const std::string policy = std::string(EDGEWISE_EXAMPLE) + "/policy.toml";
  const std::vector<std::vector<std::string>> all = {{"version"},
                                                     {"options"},
                                                     {"options", "--commands"},
                                                     {"doctor", "-c", WriteConfiguration()},
                                                     {"policy", "check", policy},
                                                     {"pack", In("model"), "-o", In("image")},
                                                     {"model", "show", In("model")}};
  for (auto command : all) {
    command.emplace_back("--json");
    const auto answer = Run(command);
    EXPECT_EQ(answer.code, 0) << command[0] << answer.error;
    EXPECT_FALSE(json::parse(answer.out, nullptr, false).is_discarded()) << command[0] << ": " << answer.out;
  }
}

TEST_F(Commands, WrongUsageIsTwoAndNamesWhatIsMissing) {
  const auto answer = Run({"up"});
  EXPECT_EQ(answer.code, 2);
  EXPECT_NE((answer.out + answer.error).find("--config"), std::string::npos);
  EXPECT_EQ(Run({"nonsense"}).code, 2);
}

TEST_F(Commands, WhatIsMistypedIsNamedWithTheNearest) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> all = {
      {{"stauts"}, "edgewise has no command \"stauts\"; did you mean \"status\"?"},
      {{"deploy", "bakc"}, "edgewise deploy has no command \"bakc\"; did you mean \"back\"?"},
      {{"relay", "audit", "--denyed"}, "edgewise relay audit has no option \"--denyed\"; did you mean \"--denied\"?"},
      {{"up", "--confg=edgewise.toml"}, "edgewise up has no option \"--confg\"; did you mean \"--config\"?"}};
  for (const auto& [command, message] : all) {
    const auto answer = Run(command);
    EXPECT_EQ(answer.code, 2);
    EXPECT_NE(answer.error.find(message), std::string::npos) << answer.error;
  }
  EXPECT_NE(Run({}).error.find("subcommand is required"), std::string::npos) << "nothing is mistyped";
}

TEST_F(Commands, HelpAndVersionAreFoundWhereOneLooks) {
  EXPECT_EQ(Run({"--version"}).out, Run({"version"}).out);
  EXPECT_EQ(Run({"help"}).out, Run({"--help"}).out);
  const auto back = Run({"help", "deploy", "back"});
  EXPECT_EQ(back.code, 0);
  EXPECT_EQ(back.out, Run({"deploy", "back", "--help"}).out);
}

TEST_F(Commands, ADayThatNoCalendarHasIsRefused) {
  for (const auto* option : {"--from", "--until"}) {
    const auto answer = Run({"score", "replay", "--state", In("state"), "--model", In("model"), option, "2013-02-31"});
    EXPECT_EQ(answer.code, 2);
    EXPECT_NE(answer.error.find(option), std::string::npos) << answer.error;
    EXPECT_NE(answer.error.find("\"2013-02-31\" is a day that no calendar has"), std::string::npos) << answer.error;
  }
  const auto fit = Run({"train", "fit", "-c", WriteConfiguration(), "--history", In("none"), "--version", "one", "--until", "2013-02-31",
                        "-o", In("model")});
  EXPECT_EQ(fit.code, 2);
  EXPECT_NE(fit.error.find("2013-02-31"), std::string::npos) << fit.error;
}

TEST_F(Commands, AConfigurationThatIsNotThereIsWrongUsage) {
  const auto answer = Run({"up", "-c", In("nope.toml")});
  EXPECT_EQ(answer.code, 2);
  EXPECT_EQ(answer.error, "edgewise: configuration " + In("nope.toml") + " does not exist\n");
}

TEST_F(Commands, WhatAPolicyDoesNotNameStays) {
  const std::string policy = std::string(EDGEWISE_EXAMPLE) + "/policy.toml";
  EXPECT_EQ(Run({"policy", "check", policy}).code, 0);
  Write("event.json", R"({"specversion":"1.0","id":"EWR/1/insight/1","source":"/sites/EWR","type":"io.edgewise.secret.v1",)"
                      R"("time":"2013-02-01T05:00:00Z","data":{"tail":"N12345"}})");
  const auto tried = Run({"policy", "try", policy, "--event", In("event.json")});
  EXPECT_EQ(tried.code, 3);
  EXPECT_EQ(tried.out.find("N12345"), std::string::npos);
}

TEST_F(Commands, APackedModelIsTheSameImageEachTime) {
  MakeModel(folder_ / "model");
  const auto first = Run({"pack", In("model"), "-o", In("a"), "--json"}), second = Run({"pack", In("model"), "-o", In("b"), "--json"});
  ASSERT_EQ(first.code, 0) << first.error;
  EXPECT_EQ(json::parse(first.out)["digest"], json::parse(second.out)["digest"]);
  EXPECT_EQ(json::parse(Run({"model", "show", In("model"), "--json"}).out)["version"], "one");
  EXPECT_EQ(Run({"push", In("a"), "no-reference"}).code, 2);
  const auto untagged = Run({"push", In("a"), "127.0.0.1:1/delay:pilot", "--tag", "pilot"});
  EXPECT_NE(untagged.error.find("tagged \"pilot\"; there are: latest"), std::string::npos) << untagged.error;
}

TEST_F(Commands, AnImageTravelsThroughARegistryAndIsServed) {
  MakeModel(folder_ / "model");
  auto [registry, said] = Serve({"registry", "--address", "127.0.0.1:0", "--folder", In("images"), "--json"});
  const auto reference = said["registry"].get<std::string>() + "/delay:one";
  const auto status = Run({"status", "--hub", said["registry"]}), history = Run({"deploy", "history", "--hub", said["registry"]});
  EXPECT_NE(status.error.find("is a registry, not a hub"), std::string::npos) << status.error;
  EXPECT_NE(history.error.find("is a registry, not a hub"), std::string::npos) << history.error;
  const auto packed = json::parse(Run({"pack", In("model"), "-o", In("image"), "--json"}).out);
  const auto pushed = Run({"push", In("image"), reference, "--json"});
  ASSERT_EQ(pushed.code, 0) << pushed.error;
  const auto pulled = Run({"pull", "http://" + said["registry"].get<std::string>() + "/v2/delay:one", "-o", In("copy"), "--json"});
  ASSERT_EQ(pulled.code, 0) << pulled.error;
  EXPECT_EQ(json::parse(pushed.out)["digest"], packed["digest"]);
  EXPECT_EQ(json::parse(pulled.out)["digest"], packed["digest"]);
  kill(registry.pid(), SIGINT);
  EXPECT_EQ(registry.Wait(), 0) << "Ctrl-C stops cleanly";

  auto [scorer, ready] = Serve({"score", "serve", "--http", "127.0.0.1:0", "--model-dir", In("model"), "--name", "delay", "--json"});
  EXPECT_EQ(ready["ready"]["http"].size(), 1U);
  kill(scorer.pid(), SIGINT);
  EXPECT_EQ(scorer.Wait(), 0);
}

}  // namespace
}  // namespace edgewise
