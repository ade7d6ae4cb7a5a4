#include "demo/scientist.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "child.h"

namespace edgewise::demo {

Result<std::string> Scientist::Run(std::vector<std::string> arguments, const std::vector<int>& good) const {
  arguments.insert(arguments.begin(), options_.program);
  return RunProgram({.command = std::move(arguments), .environment = {"OMP_WAIT_POLICY=passive"}, .log = options_.folder / "commands.log"},
                    good, options_.stop);
}

std::vector<std::string> Scientist::HistoryFiles() const {
  std::vector<std::string> files;
  for (const auto& site : traffic_.sites()) files.push_back(options_.folder / "history" / (site + ".jsonl.zst"));
  return files;
}

Result<void> Scientist::WriteConfiguration() const {
  EDGEWISE_TRY(SystemFiles().MakeDirs(options_.folder));
  EDGEWISE_TRY(SystemFiles().ReplaceDurably(options_.folder / "planes.csv", traffic_.planes_csv()));
  const auto example = std::filesystem::absolute(options_.example).string();
  std::string text = fmt::format(
      "# Written by `edgewise demo`; the same processes run with: edgewise up -c THIS FILE\n"
      "state = \"state\"\nfeatures = \"{0}/features.toml\"\nrules = \"{0}/rules.toml\"\npolicy = \"{0}/policy.toml\"\nreplay = true\n\n"
      "[tables.planes]\nfile = \"planes.csv\"\nkey = \"tailnum\"\ncolumns = [\"year\", \"seats\"]\n\n"
      "[hub]\naddress = \"127.0.0.1:0\"\n\n[registry]\naddress = \"127.0.0.1:0\"\n\n",
      example);
  for (const auto& site : traffic_.sites()) text += fmt::format("[[site]]\nname = \"{}\"\naddress = \"127.0.0.1:0\"\n\n", site);
  text += fmt::format(
      "[improve]\nmodel = \"{}\"\nfirst = \"2013-05-01\"\nlast = \"2013-12-01\"\nsamples_after = \"2013-03-31\"\nhistory = [", kModel);
  for (const auto& site : traffic_.sites()) text += fmt::format("\"history/{}.jsonl.zst\", ", site);
  text +=
      "]\n\n[[improve.extra]]\non = \"2013-08-01\"\nname = \"hardest\"\nselect = \"hardest:0.1\"\nhead_to_head = true\n\n"
      "[[improve.extra]]\non = \"2013-11-01\"\nname = \"last-90-days\"\nselect = \"last-days:90\"\nhead_to_head = true\n";
  return SystemFiles().ReplaceDurably(options_.folder / "edgewise.toml", text);
}

/// January to March as the data scientist has them: a dump of each site's records, made into samples by an ordinary command.
Result<void> Scientist::MakeHistory() const {
  const auto folder = options_.folder / "history";
  EDGEWISE_TRY(SystemFiles().MakeDirs(folder));
  EDGEWISE_ASSIGN(const auto zone, TimeZone::Load(std::string(kZone)));
  const auto until = zone.FromCivil({.year = 2013, .month = 4, .day = 1});
  for (std::size_t site = 0; site < traffic_.sites().size(); ++site) {
    const auto& name = traffic_.sites()[site];
    const auto dump = folder / (name + ".jsonl");
    std::ofstream out(dump, std::ios::binary);
    std::string line;
    const auto happenings = traffic_.of(site);
    for (std::size_t place = 0; place < happenings.size() && happenings[place].at < until; ++place) {
      const bool score = happenings[place].kind == Kind::kScore;
      line.clear();
      traffic_.Render(site, place, line);
      out << (score ? R"({"score":")" : R"({"stream":")") << (score ? kModel : StreamOf(happenings[place].kind)) << "\","
          << std::string_view(line).substr(1) << '\n';
    }
    out.close();
    if (!out) return Fail(Code::kResourceExhausted, fmt::format("{} cannot be written; is the disk full?", dump.string()));
    EDGEWISE_TRY(Run({"train", "samples", "-c", options_.folder / "edgewise.toml", "--site", name, "--records", dump, "--until",
                      "2013-04-01", "-o", folder / (name + ".jsonl.zst")}));
    std::filesystem::remove(dump);
  }
  return {};
}

Result<void> Scientist::Deploy(const Fit& fit, const std::string& hub, const std::string& registry) const {
  const std::string model = options_.folder / "models" / fit.version, image = options_.folder / "images" / fit.version;
  std::vector<std::string> train = {"train",   "fit", "-c", options_.folder / "edgewise.toml", "--version", fit.version, "--until",
                                    fit.until, "-o",  model};
  for (const auto& file : HistoryFiles()) train.insert(train.end(), {"--history", file});
  if (!fit.site.empty()) train.insert(train.end(), {"--site", fit.site});
  EDGEWISE_TRY(Run(train));
  EDGEWISE_ASSIGN(const auto packed, Run({"pack", model, "-o", image, "--tag", fit.version, "--json"}));
  const auto digest = nlohmann::json::parse(packed, nullptr, false).value("digest", "");
  EDGEWISE_TRY(Run({"push", image, fmt::format("{}/{}:{}", registry, kModel, fit.version), "--tag", fit.version}));
  EDGEWISE_TRY(Run({"deploy", "--hub", hub, "--model", fmt::format("{0}={0}@{1}", kModel, digest), "--version", fit.version, "--decision",
                    fit.version, "--reason", fit.reason, "--card", model + "/model.json", "--wait"}));
  return {};
}

}  // namespace edgewise::demo
