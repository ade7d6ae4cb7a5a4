#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "commands.h"
#include "feature/program.h"
#include "output_file.h"
#include "site/entry.h"
#include "site/score_log.h"
#include "state_sites.h"
#include "train/forest.h"
#include "train/metrics.h"
#include "train/model.h"
#include "train/onnx_reader.h"
#include "usage.h"

namespace edgewise {
namespace {

struct Choice {
  std::string state, model, from, until, out;
  bool json = false;
};

/// Local date of what a request was about: its scheduled departure if it has one, else the moment it asked about.
std::string DayOf(const site::ScoredRow& row, const TimeZone& zone) {
  static constexpr std::string_view kDue = R"("sched_dep":")";
  const auto at = row.request.find(kDue);
  if (at != std::string::npos) {
    const auto begin = at + kDue.size();
    if (const auto due = ParseTime(std::string_view(row.request).substr(begin, row.request.find('"', begin) - begin)))
      return zone.Date(*due);
  }
  return zone.Date(row.scored_at);
}

class Replay {
 public:
  Replay(const Choice& choice, feature::Program program, train::Forest forest, OutputFile* out)
      : choice_(choice), program_(std::move(program)), forest_(std::move(forest)), row_(program_.outputs().size()), out_(out) {}
  Result<void> Begin() { return out_ == nullptr ? Result<void>() : out_->Write("site,lineage_id,day,label,score\n"); }
  Result<void> Take(const std::string& site, const site::ScoredRow& row) {
    const auto day = DayOf(row, program_.zone());
    if ((!choice_.from.empty() && day < choice_.from) || (!choice_.until.empty() && day >= choice_.until)) return {};
    if (row.layout != program_.layout()) {
      ++other_layout_;
      return {};
    }
    EDGEWISE_ASSIGN(const auto sample, site::DecodeSample(row.sample));
    program_.Encode(sample, row_);
    const auto score = static_cast<double>(train::Probability(forest_, row_));
    ++rows_;
    const bool labelled = row.label == site::LabelState::kPositive || row.label == site::LabelState::kNegative;
    const bool late = row.label == site::LabelState::kPositive;
    if (labelled) {
      scores_.push_back(score);
      labels_.push_back(late ? 1.0F : 0.0F);
    }
    if (out_ == nullptr) return {};
    return out_->Write(fmt::format("{},{},{},{},{}\n", site, row.lineage.ToString(), day, labelled ? (late ? "1" : "0") : "", score));
  }
  void Print() const {
    const auto measured = train::Measure(scores_, labels_);
    if (choice_.json) {
      fmt::print("{}\n", nlohmann::ordered_json{{"rows", rows_},
                                                {"labelled", measured.rows},
                                                {"other_layout", other_layout_},
                                                {"auc", measured.auc},
                                                {"logloss", measured.logloss}}
                             .dump());
    } else {
      fmt::print("{} rows, {} with a label: AUC {:.4f}, log loss {:.4f}\n", rows_, measured.rows, measured.auc, measured.logloss);
      if (other_layout_ > 0) fmt::print("{} rows hold other features and were passed over\n", other_layout_);
    }
  }

 private:
  const Choice& choice_;
  feature::Program program_;
  train::Forest forest_;
  std::vector<float> row_;
  OutputFile* out_;  // none: only the figures are wanted
  std::vector<double> scores_;
  std::vector<float> labels_;
  std::uint64_t rows_ = 0, other_layout_ = 0;
};

Result<void> Run(const Choice& choice) {
  const std::filesystem::path folder = choice.model;
  EDGEWISE_ASSIGN(const auto json, SystemFiles().Read(folder / "model.json"));
  EDGEWISE_ASSIGN(const auto card, train::CardFromJson(json));
  EDGEWISE_ASSIGN(auto program, feature::Program::FromJson(card.program));
  EDGEWISE_ASSIGN(const auto onnx, SystemFiles().Read(folder / "model.onnx"));
  EDGEWISE_ASSIGN(auto forest, train::ReadOnnx(onnx));
  EDGEWISE_ASSIGN(const auto sites, SiteFolders(choice.state));
  std::optional<OutputFile> out;
  if (!choice.out.empty()) out.emplace(choice.out);
  Replay replay(choice, std::move(program), std::move(forest), out ? &*out : nullptr);
  EDGEWISE_TRY(replay.Begin());
  for (const auto& site : sites) {
    EDGEWISE_ASSIGN(const auto log, site::ScoreLog::OpenForReading(site / "scores.db"));
    EDGEWISE_TRY(log->ForEach([&](const site::ScoredRow& row) { return replay.Take(site.filename(), row); }));
  }
  if (out) EDGEWISE_TRY(out->Finish());
  replay.Print();
  return {};
}

}  // namespace

void AddScoreReplayCommand(CLI::App& score, int& exit_code) {
  auto* replay = score.add_subcommand("replay", "score the rows that sites kept with another model: a backtest");
  replay->footer("Example:\n  edgewise score replay --state build/flights --model model --from 2013-07-01 -o pilot.csv");
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  replay->add_option("--state", choice->state, "the state folder of edgewise up")->required();
  replay->add_option("--model", choice->model, "folder with model.onnx and model.json")->required();
  AddDate(*replay, "--from", choice->from, "first local date");
  AddDate(*replay, "--until", choice->until, "local date after the last");
  replay->add_option("-o,--output", choice->out, "CSV to write: site, lineage_id, day, label, score");
  replay->add_flag("--json", choice->json, "print JSON");
  replay->callback([choice, &exit_code] {
    if (const auto done = Run(*choice); !done) exit_code = ExitCode(done.error());
  });
}

}  // namespace edgewise
