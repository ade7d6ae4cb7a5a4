#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.h"
#include "base/lineage_id.h"
#include "child.h"
#include "feature/program.h"
#include "train/forest.h"
#include "train/model.h"
#include "train/onnx_writer.h"

namespace edgewise {
namespace {

using nlohmann::json;

struct Answer {
  int code = 0;
  std::string out, error;
};

class Commands : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  Answer Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), EDGEWISE_PROGRAM);
    const auto log = folder_ / "stderr";
    std::filesystem::remove(log);
    auto child = Child::Start({.command = std::move(arguments), .environment = {}, .log = log}).value();
    Answer answer;
    answer.out = child.ReadAll();
    answer.code = child.Wait();
    answer.error = SystemFiles().Read(log).value_or("");
    return answer;
  }
  std::string In(const std::string& name) const { return (folder_ / name).string(); }
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-commands-" + LineageId::Random().ToString());
};

TEST_F(Commands, EachTeachesWithAnExample) {
  const auto options = json::parse(Run({"options", "--json"}).out);
  ASSERT_GT(options.size(), 20U);
  for (const auto& command : options) {
    if (command["command"] == "version") continue;
    std::vector<std::string> words;
    std::istringstream text(command["command"].get<std::string>());
    for (std::string word; text >> word;) words.push_back(word);
    words.emplace_back("--help");
    const auto help = Run(words);
    EXPECT_EQ(help.code, 0) << command["command"];
    EXPECT_NE(help.out.find("Example:"), std::string::npos) << command["command"];
  }
}

TEST_F(Commands, CompletionKnowsEveryCommand) {
  const auto options = json::parse(Run({"options", "--json"}).out);
  for (const auto* shell : {"bash", "zsh"}) {
    const auto completion = Run({"completion", shell}).out;
    for (const auto& command : options)
      EXPECT_NE(completion.find(command["command"].get<std::string>()), std::string::npos) << command["command"];
  }
  EXPECT_EQ(Run({"completion", "fish"}).code, 2);
}

TEST_F(Commands, WrongUsageIsTwoAndNamesWhatIsMissing) {
  const auto answer = Run({"up"});
  EXPECT_EQ(answer.code, 2);
  EXPECT_NE((answer.out + answer.error).find("--config"), std::string::npos);
  EXPECT_EQ(Run({"nonsense"}).code, 2);
}

TEST_F(Commands, AWrongKeyIsNamedWithItsLine) {
  std::ofstream(In("edgewise.toml")) << "state = \"s\"\nfeatres = \"f\"\n";
  const auto answer = Run({"doctor", "-c", In("edgewise.toml")});
  EXPECT_EQ(answer.code, 1);
  EXPECT_NE(answer.out.find("edgewise.toml:2"), std::string::npos) << answer.out;
  EXPECT_NE(answer.out.find("features"), std::string::npos) << "names the keys that are known";
}

TEST_F(Commands, AMissingFileIsAFailureThatNamesIt) {
  const auto answer = Run({"pack", In("nowhere"), "-o", In("image")});
  EXPECT_EQ(answer.code, 1);
  EXPECT_NE(answer.error.find("nowhere"), std::string::npos);
}

TEST_F(Commands, WhatAPolicyDoesNotNameStays) {
  const std::string policy = std::string(EDGEWISE_EXAMPLE) + "/policy.toml";
  EXPECT_EQ(Run({"policy", "check", policy}).code, 0);
  std::ofstream(In("event.json")) << R"({"specversion":"1.0","id":"EWR/1/insight/1","source":"/sites/EWR","type":"io.edgewise.secret.v1",)"
                                     R"("time":"2013-02-01T05:00:00Z","data":{"tail":"N12345"}})";
  const auto tried = Run({"policy", "try", policy, "--event", In("event.json")});
  EXPECT_NE(tried.code, 0);
  EXPECT_EQ(tried.out.find("N12345"), std::string::npos);
}

TEST_F(Commands, APackedModelIsTheSameImageEachTime) {
  const auto toml = SystemFiles().Read(std::filesystem::path(EDGEWISE_EXAMPLE) / "features.toml").value();
  const auto program = feature::Program::FromToml(toml, "features.toml").value();
  train::Forest forest{.columns = program.outputs().size(), .base_margin = 0, .trees = {}};
  forest.trees.push_back({{-1, -1, 0, 0.5F, false}});
  train::ModelCard card;
  card.name = "delay";
  card.version = "one";
  card.program = program.ToJson();
  std::filesystem::create_directories(In("model"));
  std::ofstream(In("model/model.onnx"), std::ios::binary) << train::WriteOnnx(forest);
  std::ofstream(In("model/model.json"), std::ios::binary) << train::ToJson(card);
  const auto first = Run({"pack", In("model"), "-o", In("a"), "--json"}), second = Run({"pack", In("model"), "-o", In("b"), "--json"});
  ASSERT_EQ(first.code, 0) << first.error;
  EXPECT_EQ(json::parse(first.out)["digest"], json::parse(second.out)["digest"]);
  EXPECT_EQ(json::parse(Run({"model", "show", In("model"), "--json"}).out)["version"], "one");
  EXPECT_EQ(Run({"push", In("a"), "no-reference"}).code, 2);
  EXPECT_EQ(Run({"push", In("a"), "127.0.0.1:1/delay:one"}).code, 1) << "nobody listens there";
}

}  // namespace
}  // namespace edgewise
