#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "improve/challenge.h"
#include "store_choice.h"
#include "train/xgboost_trainer.h"
#include "train_samples.h"
#include "usage.h"

namespace edgewise {
namespace {

struct SamplesChoice {
  std::string config, site, records, until, out;
  bool json = false;
};

struct FitChoice {
  std::string config, version, until, out, site, name = "delay", select = "all", store, samples_after;
  std::vector<std::string> history;
  double share = 1;
  bool json = false;
};

Result<Example> ReadExampleOf(const std::string& config) {
  EDGEWISE_ASSIGN(const auto configuration, ReadConfiguration(config));
  return ReadExample(SystemFiles(), configuration);
}

Result<void> Samples(const SamplesChoice& choice) {
  EDGEWISE_ASSIGN(const auto example, ReadExampleOf(choice.config));
  EDGEWISE_ASSIGN(const auto until, ReadMoment(choice.until, example.program.zone()));
  EDGEWISE_ASSIGN(const auto made, MakeSamples(example, choice.site, choice.records, until, choice.out));
  if (choice.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"file", choice.out}, {"lines", made.lines}, {"samples", made.samples}}.dump());
  } else {
    fmt::print("{}: {} labelled samples from {} lines\n", choice.out, made.samples, made.lines);
  }
  return {};
}

Result<void> Fit(const FitChoice& choice) {
  EDGEWISE_ASSIGN(const auto example, ReadExampleOf(choice.config));
  EDGEWISE_ASSIGN(const auto until, ReadMoment(choice.until, example.program.zone()));
  improve::ReadOptions options{.layout = example.program.layout(), .after = {}, .until = until, .site = choice.site, .share = choice.share};
  std::vector<improve::SampleSet> sets;
  for (const auto& file : choice.history) {
    EDGEWISE_ASSIGN(auto set, improve::ReadHistory(SystemFiles(), file, options));
    sets.push_back(std::move(set));
  }
  if (!choice.store.empty()) {
    options.after = choice.samples_after;
    EDGEWISE_ASSIGN(const auto store, OpenStore(choice.store));
    EDGEWISE_ASSIGN(auto set, improve::ReadSamples(*store, options, Deadline::Never()));
    sets.push_back(std::move(set));
  }
  const auto set = improve::Join(std::move(sets));
  train::Recipe recipe;
  recipe.select = choice.select;
  const auto trainer = train::MakeXgboostTrainer();
  EDGEWISE_ASSIGN(const auto model,
                  improve::FitModel({choice.name, choice.version, example.program.ToJson(), until, recipe}, set, *trainer));
  EDGEWISE_TRY(SystemFiles().MakeDirs(choice.out));
  EDGEWISE_TRY(SystemFiles().ReplaceDurably(std::filesystem::path(choice.out) / "model.onnx", model.onnx));
  EDGEWISE_TRY(SystemFiles().ReplaceDurably(std::filesystem::path(choice.out) / "model.json", train::ToJson(model.card)));
  const auto& metrics = model.card.training;
  if (choice.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"folder", choice.out},
                                              {"version", choice.version},
                                              {"rows", metrics.rows},
                                              {"auc", metrics.auc},
                                              {"logloss", metrics.logloss},
                                              {"onnx", Digest::Of(model.onnx).ToString()}}
                           .dump());
  } else {
    fmt::print("{}: version {} from {} rows; on these rows AUC {:.4f}, log loss {:.4f}\n", choice.out, choice.version, metrics.rows,
               metrics.auc, metrics.logloss);
  }
  return {};
}

}  // namespace

void TrainQuietly() {
  // The OpenMP library reads it when it is loaded: only a new start of this program can set it.
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  std::vector<std::string> arguments;
  std::ifstream line("/proc/self/cmdline", std::ios::binary);  // its size is said to be 0
  for (std::string argument; std::getline(line, argument, '\0');) arguments.push_back(argument);
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv("/proc/self/exe", pointers.data());  // if it cannot, training is slower, nothing else
}

void AddTrainCommand(CLI::App& program, int& exit_code) {
  auto* train = program.add_subcommand("train", "make labelled samples from records, and a model from samples");
  train->require_subcommand(1);
  train->footer(
      "Example:\n  edgewise train samples -c edgewise.toml --site EWR --records EWR.jsonl --until 2013-04-01 -o EWR.jsonl.zst\n"
      "  edgewise train fit -c edgewise.toml --history EWR.jsonl.zst --version pilot --until 2013-02-01 -o model");
  const auto samples = std::make_shared<SamplesChoice>();  // lives as long as the command
  auto* make = train->add_subcommand("samples", "records and requests of one site, in time order, become labelled samples");
  make->footer("Example:\n  edgewise train samples -c edgewise.toml --site EWR --records EWR.jsonl --until 2013-04-01 -o EWR.jsonl.zst");
  make->add_option("-c,--config", samples->config, "configuration: features, rules, tables")->required();
  make->add_option("--site", samples->site, "whose records they are")->required();
  make->add_option("--records", samples->records, "JSON lines: {\"stream\":\"landing\",...} or {\"score\":\"delay\",...}")->required();
  make->add_option("--until", samples->until, "only labels known before this date")->required();
  make->add_option("-o,--output", samples->out, "file to write (.jsonl.zst)")->required();
  make->add_flag("--json", samples->json, "print JSON");
  make->callback([samples, &exit_code] {
    if (const auto done = Samples(*samples); !done) exit_code = ExitCode(done.error());
  });
  const auto fit = std::make_shared<FitChoice>();
  auto* model = train->add_subcommand("fit", "fit a model (gradient-boosted trees) on samples");
  model->footer("Example:\n  edgewise train fit -c edgewise.toml --history EWR.jsonl.zst --version pilot --until 2013-02-01 -o model");
  model->add_option("-c,--config", fit->config, "configuration: features")->required();
  model->add_option("--history", fit->history, "files of samples");
  model->add_option("--store", fit->store, "a store with the sites' samples, as for relay run");
  AddDate(*model, "--samples-after", fit->samples_after, "of the store, only samples of later local dates");
  model->add_option("--share", fit->share, "of the store, only this share of the samples")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  model->add_option("--site", fit->site, "only samples of this site");
  model->add_option("--name", fit->name, "what applications ask for");
  model->add_option("--version", fit->version, "label for people")->required();
  model->add_option("--until", fit->until, "only labels known before this date")->required();
  model->add_option("--select", fit->select, "all, history, last-days:90, hardest:0.1");
  model->add_option("-o,--output", fit->out, "folder for model.onnx and model.json")->required();
  model->add_flag("--json", fit->json, "print JSON");
  model->callback([fit, &exit_code] {
    TrainQuietly();
    if (const auto done = Fit(*fit); !done) exit_code = ExitCode(done.error());
  });
}

}  // namespace edgewise
