#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/lineage_id.h"
#include "child.h"
#include "feature/program.h"
#include "train/forest.h"
#include "train/model.h"
#include "train/onnx_writer.h"

namespace edgewise {

struct Answer {
  int code = 0;
  std::string out, error;
};

/// Writes a model that says the same of everything, as a trainer leaves it: model.onnx and model.json.
inline void MakeModel(const std::filesystem::path& folder, const std::string& version = "one") {
  const auto toml = SystemFiles().Read(std::filesystem::path(EDGEWISE_EXAMPLE) / "features.toml").value();
  const auto program = feature::Program::FromToml(toml, "features.toml").value();
  train::Forest forest{.columns = program.outputs().size(), .base_margin = 0, .trees = {}};
  forest.trees.push_back({{-1, -1, 0, 0.5F, false}});
  train::ModelCard card;
  card.name = "delay";
  card.version = version;
  card.program = program.ToJson();
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "model.onnx", std::ios::binary) << train::WriteOnnx(forest);
  std::ofstream(folder / "model.json", std::ios::binary) << train::ToJson(card);
}

/// Runs the program as a person does, in a folder of the test's own that is its home, its TMPDIR and its working folder for whatever it
/// writes. Kept when the test fails.
class CommandTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override {
    if (!HasFailure()) std::filesystem::remove_all(folder_);
  }

  Answer Run(std::vector<std::string> arguments) { return RunAny(Program(std::move(arguments))); }
  Answer RunAny(std::vector<std::string> command) {
    const auto log = folder_ / "stderr";
    std::filesystem::remove(log);
    auto child = Child::Start({.command = std::move(command), .environment = Environment(), .log = log}).value();
    Answer answer;
    answer.out = child.ReadAll();
    answer.code = child.Wait();
    answer.error = SystemFiles().Read(log).value_or("");
    std::filesystem::remove(log);
    return answer;
  }
  /// Starts a command that serves; answers it and what its first line says (JSON).
  std::pair<Child, nlohmann::json> Serve(std::vector<std::string> arguments) {
    auto child =
        Child::Start({.command = Program(std::move(arguments)), .environment = Environment(), .log = folder_ / "serve.log"}).value();
    const auto line = child.ReadLine();
    auto said = nlohmann::json::parse(line.value_or(""), nullptr, false);
    EXPECT_TRUE(said.is_object()) << SystemFiles().Read(folder_ / "serve.log").value_or("it said nothing");
    return {std::move(child), std::move(said)};
  }

  std::string In(const std::string& name) const { return (folder_ / name).string(); }
  void Write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name, std::ios::binary) << text; }
  std::string Read(const std::string& name) const { return SystemFiles().Read(folder_ / name).value_or(""); }
  /// The configuration of one site of the flights example, on free ports; the state folder is "state". Answers its path.
  std::string WriteConfiguration(const std::string& head = "", const std::string& tail = "") const {
    const std::string example = EDGEWISE_EXAMPLE;
    Write("edgewise.toml", "state = \"state\"\nfeatures = \"" + example + "/features.toml\"\nrules = \"" + example +
                               "/rules.toml\"\npolicy = \"" + example + "/policy.toml\"\nreplay = true\n" + head +
                               "[hub]\naddress = \"127.0.0.1:0\"\n[registry]\naddress = \"127.0.0.1:0\"\n[[site]]\nname = \"EWR\"\n"
                               "address = \"127.0.0.1:0\"\n" +
                               tail);
    return In("edgewise.toml");
  }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-" + LineageId::Random().ToString().substr(0, 12));

 private:
  static std::vector<std::string> Program(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), EDGEWISE_PROGRAM);
    return arguments;
  }
  std::vector<std::string> Environment() const { return {"HOME=" + folder_.string(), "TMPDIR=" + folder_.string()}; }
};

}  // namespace edgewise
