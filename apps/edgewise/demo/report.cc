#include "demo/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "demo/musts.h"

namespace edgewise::demo {
namespace {

using Json = nlohmann::ordered_json;

std::string QualityLine(std::string_view name, const Quality& quality, std::string_view how) {
  return fmt::format("  {:<33}{:.3f}     {:.3f}   {}\n", name, quality.auc, quality.logloss, how);
}

/// The answer first, then the figures.
std::string Help(const Report& report) {
  const auto& gain = report.loop_minus_frozen;
  const auto* answer = gain.low > 0 ? "yes" : gain.high < 0 ? "NO" : "not proven";
  auto text = fmt::format("\nDoes the loop help?    {}: {:+.3f} AUC over the frozen model [{:+.3f}, {:+.3f}]\n", answer, gain.mean,
                          gain.low, gain.high);
  text += fmt::format("  July to December, {:>7} flights    AUC    log loss\n", Thousands(report.loop.rows));
  text += QualityLine("pilot: January of one site", report.pilot, "backtest");
  text += QualityLine("frozen: to March, three sites", report.frozen, "backtest");
  text += QualityLine("improved every month", report.loop, "LIVE, as served");
  text += QualityLine("likewise, if 10 % may leave", report.loop_10pct, "backtest");
  return text;
}

Json Days(const Report& report) {
  Json days = Json::array();
  for (const auto& day : report.days)
    days.push_back({{"site", day.site}, {"date", day.date}, {"severe", day.severe}, {"alarmed", day.alarmed}});
  return days;
}

std::string Models(const Report& report) {
  std::string text = "\nWhich models were tried?    log-loss gain over the champion, 28 days kept back\n";
  for (const auto& model : report.models) {
    const bool gated = model.high != model.low;
    const auto why = gated ? fmt::format("{:+.4f} [{:+.4f}, {:+.4f}]", model.gain, model.low, model.high)
                           : fmt::format("({})", model.reason.substr(0, 44));
    const bool first = model.decision == model.version;  // pilot and frozen: deployed by a person
    text += fmt::format("  {:<22}{:<10}{}\n", model.version, first ? "deployed" : model.decision, why);
  }
  return text;
}

}  // namespace

std::string Thousands(std::uint64_t number) {
  const auto digits = fmt::format("{}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

bool KeptItsWord(const Report& report) {
  const bool looked = report.appended > 0 && report.lineage_checked > 0 && report.searched_bytes > 0;
  return looked && report.lost == 0 && report.doubled == 0 && report.leaks == 0 && report.lineage_broken == 0 &&
         report.stored == report.indexed && report.appended == report.stored + report.denied;
}

std::string ToJson(const Report& report) {
  Json json = {{"schema", "edgewise.report.v1"}, {"data", report.data}, {"seconds", report.seconds}, {"flights", report.flights}};
  json["scored"] = report.scored;
  json["labelled"] = report.labelled;
  json["never_labelled"] = report.never_labelled;
  json["models"] = Json::array();
  json["refused"] = Json::array();
  for (const auto& model : report.models) {
    Json entry = {{"version", model.version}, {"digest", model.digest},     {"rows", model.rows},    {"auc", model.auc},
                  {"logloss", model.logloss}, {"decision", model.decision}, {"reason", model.reason}};
    json["models"].push_back(std::move(entry));
    if (model.decision == "refused") json["refused"].push_back({{"version", model.version}, {"reason", model.reason}});
  }
  const auto quality = [&](const char* name, const Quality& of, const char* how) {
    json[fmt::format("{}_auc", name)] = of.auc;
    json[fmt::format("{}_logloss", name)] = of.logloss;
    json[fmt::format("{}_auc_interval", name)] = {of.auc_low, of.auc_high};
    json[fmt::format("{}_is", name)] = how;
  };
  quality("pilot", report.pilot, "backtest");
  quality("frozen", report.frozen, "backtest");
  quality("loop", report.loop, "live");
  quality("loop_10pct", report.loop_10pct, "backtest");
  json["tested_rows"] = report.loop.rows;
  json["loop_minus_frozen"] = {
      {"mean", report.loop_minus_frozen.mean}, {"low", report.loop_minus_frozen.low}, {"high", report.loop_minus_frozen.high}};
  json["disruptions"] = {{"severe_total", report.severe_total},
                         {"severe_found", report.severe_found},
                         {"false_days", report.false_days},
                         {"days", Days(report)}};
  json["quarantined"] = report.quarantined;
  json["events"] = {{"appended", report.appended},
                    {"stored", report.stored},
                    {"indexed", report.indexed},
                    {"lost", report.lost},
                    {"doubled", report.doubled}};
  json["relay"] = {{"allowed", report.allowed}, {"denied", report.denied}, {"leak_bits_max", report.leak_bits_max}};
  json["lineage"] = {{"checked", report.lineage_checked}, {"broken", report.lineage_broken}};
  json["leaks"] = report.leaks;
  json["leak_search"] = {{"bytes", report.searched_bytes}, {"patterns", report.leak_patterns}, {"places", report.leak_places}};
  json["serving_seconds"] = report.serving_seconds;
  json["flights_per_second"] = static_cast<double>(report.flights) / std::max(report.serving_seconds, 1e-9);
  json["pss_mb_serving"] = report.pss_mb_serving;
  json["pss_mb_peak"] = report.pss_mb_peak;
  json["kept_its_word"] = KeptItsWord(report);
  json["musts"] = Json::array();
  for (const auto& must : Musts(report)) {
    json["musts"].push_back({{"name", must.name},
                             {"value", must.value},
                             {must.at_most ? "at_most" : "at_least", must.bound},
                             {"held", must.Held()},
                             {"absolute", must.absolute}});
  }
  return json.dump(1) + "\n";
}

std::string ToText(const Report& report) {
  std::string text =
      fmt::format("\nEdgewise: {} flights, three sites, one loop ({}), {:.0f} s\n", Thousands(report.flights), report.data, report.seconds);
  text += Help(report);
  text += Models(report);
  text += fmt::format("\nWhat was found?\n  {} of {} severe site-days, {} false alarms; readings out of range: {}\n", report.severe_found,
                      report.severe_total, report.false_days, report.quarantined);
  text += fmt::format("\nDid it keep its word?  {}\n", KeptItsWord(report) ? "yes" : "NO");
  text += fmt::format("  events   {} appended, {} stored, {} indexed\n           {} lost, {} doubled\n", Thousands(report.appended),
                      Thousands(report.stored), Thousands(report.indexed), report.lost, report.doubled);
  text += fmt::format("  leaks    {} in {} MB searched for {} texts; {} events kept back\n", report.leaks, report.searched_bytes >> 20U,
                      Thousands(report.leak_patterns), Thousands(report.denied));
  for (const auto& place : report.leak_places) text += fmt::format("           LEAK in {}\n", place);  // may be long
  text +=
      fmt::format("  lineage  {} insights traced to training data and back, {} broken\n", report.lineage_checked, report.lineage_broken);
  text += fmt::format("\nHow fast, how big?\n  {} flights/s over HTTP ({:.0f} s); memory {:.0f} MB serving, {:.0f} MB at most\n",
                      Thousands(static_cast<std::uint64_t>(static_cast<double>(report.flights) / std::max(report.serving_seconds, 1e-9))),
                      report.serving_seconds, report.pss_mb_serving, report.pss_mb_peak);
  for (const auto& must : Musts(report)) {
    if (must.Held()) continue;
    text += fmt::format("  MISSED   {}: {:.3f}, must be {} {}{}\n", must.name, must.value, must.at_most ? "at most" : "at least",
                        must.bound, must.absolute ? " (of this machine)" : "");
  }
  return text;
}

}  // namespace edgewise::demo
