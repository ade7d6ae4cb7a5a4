// train and improve by themselves: samples from records, a model from samples, a challenger and its gate.
#include <map>

#include "stations_test.h"

namespace edgewise {
namespace {

using nlohmann::json;

class Training : public Stations {
 protected:
  /// Requests and landings of so many flights, in time order.
  void WriteRecords(int flights) const {
    std::multimap<int, std::string> lines;
    for (int n = 0; n < flights; ++n) {
      lines.emplace(60 * n, R"({"score":"delay",)" + Request(n) + "}");
      lines.emplace((60 * n) + 300, R"({"stream":"landing",)" + Landing(n) + "}");
    }
    std::string text;
    for (const auto& [minute, line] : lines) text += line + "\n";
    Write("records.jsonl", text);
  }
  json MakeSamples(const std::string& until) {
    return RunJson({"train", "samples", "-c", WriteConfiguration(), "--site", "EWR", "--records", In("records.jsonl"), "--until", until,
                    "-o", In("samples.jsonl.zst")});
  }
  json Fit(const std::string& out) {
    return RunJson({"train", "fit", "-c", In("edgewise.toml"), "--history", In("samples.jsonl.zst"), "--version", "pilot", "--until",
                    "2013-04-01", "-o", In(out)});
  }
  json Challenge(const std::string& least_gain, int code) {
    return RunJson({"improve",
                    "challenge",
                    "--store",
                    In("store"),
                    "--history",
                    In("samples.jsonl.zst"),
                    "--champion",
                    In("model/model.json"),
                    "--until",
                    "2013-04-01",
                    "--version",
                    "next",
                    "--holdout-days",
                    "10",
                    "--gain",
                    least_gain,
                    "--lower",
                    least_gain,
                    "-o",
                    In("challenge")},
                   code);
  }
};

TEST_F(Training, TrainMakesSamplesOfWhatWasKnownInTime) {
  WriteRecords(600);
  const auto all = MakeSamples("2013-04-01");
  EXPECT_EQ(all["lines"], 1200);
  EXPECT_EQ(all["samples"], 600);
  const auto early = MakeSamples("2013-02-10");
  EXPECT_EQ(early["samples"], 36) << "labels that came after that midnight in New York are not there";
}

TEST_F(Training, TrainFitsTheSameModelFromTheSameSamples) {
  WriteRecords(600);
  MakeSamples("2013-04-01");
  const auto first = Fit("model"), second = Fit("again");
  EXPECT_EQ(first["rows"], 600);
  EXPECT_GT(first["auc"], 0.99) << "distance says it all";
  EXPECT_EQ(first["onnx"], second["onnx"]);
  EXPECT_EQ(RunJson({"model", "show", In("model")})["version"], "pilot");
}

TEST_F(Training, AChallengerIsPromotedOrRefusedWithThree) {
  WriteRecords(600);
  MakeSamples("2013-04-01");
  Fit("model");
  std::filesystem::create_directories(In("store"));
  const auto refused = Challenge("10", 3);
  EXPECT_EQ(refused["promote"], false);
  EXPECT_FALSE(refused["reason"].get<std::string>().empty());
  EXPECT_FALSE(std::filesystem::exists(In("challenge/model.onnx"))) << "a refused model is not left about";
  EXPECT_EQ(json::parse(Read("challenge/decision.json"))["promote"], false);
  EXPECT_EQ(Challenge("-10", 0)["promote"], true);
  EXPECT_TRUE(std::filesystem::exists(In("challenge/model.onnx")));
}

}  // namespace
}  // namespace edgewise
