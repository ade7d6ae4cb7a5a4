#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "example.h"
#include "improve/challenge.h"
#include "store_choice.h"
#include "train/xgboost_trainer.h"
#include "usage.h"

namespace edgewise {
namespace {

struct Choice {
  std::string store, champion, until, select = "all", champion_select, samples_after, name = "delay", version, out;
  std::vector<std::string> history;
  double share = 1;
  int holdout_days = 28;
  double gain = 0, lower = -0.003;
  bool head_to_head = false, json = false;
};

Result<improve::SampleSet> ReadSets(const Choice& choice, const Digest& layout, EventTime until) {
  improve::ReadOptions options{.layout = layout, .after = {}, .until = until, .site = {}, .share = 1};
  std::vector<improve::SampleSet> sets;
  for (const auto& file : choice.history) {
    EDGEWISE_ASSIGN(auto set, improve::ReadHistory(SystemFiles(), file, options));
    sets.push_back(std::move(set));
  }
  options.after = choice.samples_after;
  options.share = choice.share;
  EDGEWISE_ASSIGN(const auto store, OpenStore(choice.store));
  EDGEWISE_ASSIGN(auto set, improve::ReadSamples(*store, options, Deadline::Never()));
  sets.push_back(std::move(set));
  return improve::Join(std::move(sets));
}

nlohmann::ordered_json Write(const train::Metrics& metrics) {
  return {{"rows", metrics.rows}, {"auc", metrics.auc}, {"logloss", metrics.logloss}};
}

nlohmann::ordered_json Write(const Choice& choice, const improve::ChallengeResult& result, std::size_t rows) {
  const auto& gate = result.gate;
  return {{"schema", "edgewise.decision.v1"},
          {"version", choice.version},
          {"promote", gate.promote},
          {"reason", gate.reason},
          {"gain", gate.gain},
          {"low", gate.low},
          {"high", gate.high},
          {"days", gate.days},
          {"rows", gate.rows},
          {"samples", rows},
          {"select", choice.select},
          {"challenger", Write(result.challenger)},
          {"champion", Write(result.champion)},
          {"challenger_onnx", result.challenger_onnx.ToString()},
          {"champion_onnx", result.champion_onnx.ToString()}};
}

/// Exit code: 0 promoted, 3 refused.
Result<int> Challenge(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto text, SystemFiles().Read(choice.champion));
  EDGEWISE_ASSIGN(const auto champion, train::CardFromJson(text));
  EDGEWISE_ASSIGN(const auto program, feature::Program::FromJson(champion.program));
  EDGEWISE_ASSIGN(const auto until, ReadMoment(choice.until, program.zone()));
  EDGEWISE_ASSIGN(const auto set, ReadSets(choice, program.layout(), until));
  improve::ChallengeRequest request{.fit = {choice.name, choice.version, champion.program, until, champion.recipe},
                                    .champion = champion.recipe,
                                    .champion_until = champion.trained_until,
                                    .holdout_days = choice.holdout_days,
                                    .tolerance = {}};
  request.fit.recipe.select = choice.select;
  if (!choice.champion_select.empty()) request.champion.select = choice.champion_select;
  if (choice.head_to_head) request.champion_until.reset();
  request.tolerance.gain = choice.gain;
  request.tolerance.lower = choice.lower;
  const auto trainer = train::MakeXgboostTrainer();
  EDGEWISE_ASSIGN(const auto result, improve::RunChallenge(request, set, *trainer));
  const std::filesystem::path out = choice.out;
  EDGEWISE_TRY(SystemFiles().MakeDirs(out));
  if (result.model) {
    EDGEWISE_TRY(SystemFiles().ReplaceDurably(out / "model.onnx", result.model->onnx));
    EDGEWISE_TRY(SystemFiles().ReplaceDurably(out / "model.json", train::ToJson(result.model->card)));
  }
  const auto decision = Write(choice, result, set.rows.size());
  EDGEWISE_TRY(SystemFiles().ReplaceDurably(out / "decision.json", decision.dump(1)));
  if (choice.json) {
    fmt::print("{}\n", decision.dump());
  } else {
    fmt::print("{}: {} ({})\n", choice.version, result.gate.promote ? "promoted" : "refused", result.gate.reason);
  }
  return result.gate.promote ? 0 : 3;
}

}  // namespace

void AddImproveCommand(CLI::App& program, int& exit_code) {
  auto* improve = program.add_subcommand("improve", "let a challenger compete with the model that is live");
  improve->require_subcommand(1);
  improve->footer(
      "Example:\n  edgewise improve challenge --store state/store --champion model/model.json --until 2013-05-01 --version 2013-05 -o out");
  auto* challenge = improve->add_subcommand("challenge", "fit a challenger on what came back, promote it or refuse it with a reason");
  challenge->footer(
      "Exit code 0: promoted, 3: refused; decision.json says why.\nExample:\n  edgewise improve challenge --store state/store "
      "--history EWR.jsonl.zst --champion model/model.json --until 2013-05-01 --version 2013-05 -o challenge");
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  challenge->add_option("--store", choice->store, "the store with the sites' samples, as for relay run")->required();
  challenge->add_option("--history", choice->history, "files of samples that the data scientist began with");
  challenge->add_option("--champion", choice->champion, "model.json of the model that is live")->required();
  challenge->add_option("--until", choice->until, "only labels known before this date")->required();
  challenge->add_option("--select", choice->select, "what the challenger learns from: all, history, last-days:90, hardest:0.1");
  challenge->add_option("--champion-select", choice->champion_select, "likewise for the champion; else as its recipe says");
  challenge->add_flag("--head-to-head", choice->head_to_head, "the champion may learn from all that the challenger may");
  AddDate(*challenge, "--samples-after", choice->samples_after, "of the store, only samples of later local dates");
  challenge->add_option("--share", choice->share, "of the store, only this share of the samples")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  challenge->add_option("--holdout-days", choice->holdout_days, "newest days on which they compete")
      ->check(CLI::Range(1, 366))
      ->capture_default_str();
  challenge->add_option("--gain", choice->gain, "least mean gain in log loss");
  challenge->add_option("--lower", choice->lower, "least lower end of the gain's 95 % interval");
  challenge->add_option("--name", choice->name, "what applications ask for");
  challenge->add_option("--version", choice->version, "label for people")->required();
  challenge->add_option("-o,--output", choice->out, "folder for decision.json and the promoted model")->required();
  challenge->add_flag("--json", choice->json, "print the decision as JSON");
  challenge->callback([choice, &exit_code] {
    TrainQuietly();
    const auto code = Challenge(*choice);
    exit_code = code ? *code : ExitCode(code.error());
  });
}

}  // namespace edgewise
