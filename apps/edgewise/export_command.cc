#include <fmt/format.h>
#include <simdjson.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "output_file.h"
#include "site/score_log.h"
#include "state_sites.h"

namespace edgewise {
namespace {

struct Choice {
  std::string state, out;
  bool json = false;
};

std::string_view LabelText(site::LabelState label) {
  switch (label) {
    case site::LabelState::kNegative:
      return "0";
    case site::LabelState::kPositive:
      return "1";
    case site::LabelState::kNever:
      return "never";
    case site::LabelState::kPending:
      break;
  }
  return "pending";
}

/// A cell of a CSV: quoted if it must be.
std::string Cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

class Writer {
 public:
  explicit Writer(OutputFile& out) : out_(out) {}
  Result<void> Begin() {
    return out_.Write("site,carrier,flight,dest,sched_dep_utc,scored_at_utc,model_digest,score,label,label_at_utc,lineage_id\n");
  }
  Result<void> Write(const std::string& site, const site::ScoredRow& row) {
    const auto request = parser_.parse(row.request);
    const auto text = [&](const char* field) {
      std::string_view value;
      return request[field].get(value) == simdjson::SUCCESS ? Cell(value) : std::string();
    };
    line_.clear();
    fmt::format_to(std::back_inserter(line_), "{},{},{},{},{},{},{},{},{},{},{}\n", Cell(site), text("carrier"), text("flight"),
                   text("dest"), text("sched_dep"), FormatTime(row.scored_at), row.model.ToString(), row.score, LabelText(row.label),
                   row.label_at ? FormatTime(*row.label_at) : "", row.lineage.ToString());
    ++rows_;
    return out_.Write(line_);
  }
  std::uint64_t rows() const { return rows_; }

 private:
  OutputFile& out_;
  simdjson::dom::parser parser_;
  std::string line_;
  std::uint64_t rows_ = 0;
};

Result<void> Export(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto sites, SiteFolders(choice.state));
  OutputFile out(choice.out);
  Writer writer(out);
  EDGEWISE_TRY(writer.Begin());
  for (const auto& site : sites) {
    EDGEWISE_ASSIGN(const auto log, site::ScoreLog::OpenForReading(site / "scores.db"));
    EDGEWISE_TRY(log->ForEach([&](const site::ScoredRow& row) { return writer.Write(site.filename(), row); }));
  }
  EDGEWISE_TRY(out.Finish());
  if (choice.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"file", choice.out}, {"rows", writer.rows()}, {"sites", sites.size()}}.dump());
  } else {
    fmt::print("{}: {} scored rows of {} sites\n", choice.out, writer.rows(), sites.size());
  }
  return {};
}

}  // namespace

void AddExportCommand(CLI::App& program, int& exit_code) {
  auto* exports = program.add_subcommand("export", "write what a site keeps into a file that stays at the site");
  exports->require_subcommand(1);
  exports->footer("Example:\n  edgewise export scores --state build/flights -o scores.csv");
  auto* scores = exports->add_subcommand("scores", "every scored row with its label, as CSV");
  scores->footer("Example:\n  edgewise export scores --state build/flights -o scores.csv");
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  scores->add_option("--state", choice->state, "the state folder of edgewise up")->required();
  scores->add_option("-o,--output", choice->out, "file to write")->required();
  scores->add_flag("--json", choice->json, "print JSON");
  scores->callback([choice, &exit_code] {
    if (const auto done = Export(*choice); !done) exit_code = ExitCode(done.error());
  });
}

}  // namespace edgewise
