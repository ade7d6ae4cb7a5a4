#include "demo/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace edgewise::demo {
namespace {

using Json = nlohmann::ordered_json;

std::string Thousands(std::uint64_t number) {
  const auto digits = fmt::format("{}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string QualityLine(std::string_view name, std::string_view how, const Quality& quality) {
  const auto bar = static_cast<std::size_t>(std::clamp((quality.auc - 0.70) * 200, 0.0, 22.0));  // from .70 on, where models differ
  std::string blocks;
  for (std::size_t i = 0; i < bar; ++i) blocks += "█";
  return fmt::format("  {:<24}{:<10}{:.3f}    {:.3f}   {}\n", name, how, quality.auc, quality.logloss, blocks);
}

Json Days(const Report& report) {
  Json days = Json::array();
  for (const auto& day : report.days)
    days.push_back({{"site", day.site}, {"date", day.date}, {"severe", day.severe}, {"alarmed", day.alarmed}});
  return days;
}

std::string Models(const Report& report) {
  std::string text = "\nWhich models were tried?\n";
  for (const auto& model : report.models) {
    const bool gated = model.high != model.low;
    const auto why =
        gated ? fmt::format("log-loss gain {:+.4f} [{:+.4f}, {:+.4f}]", model.gain, model.low, model.high) : model.reason.substr(0, 46);
    text += fmt::format("  {:<22}{:<10}{}\n", model.version, model.decision, why);
  }
  return text;
}

}  // namespace

bool KeptItsWord(const Report& report) {
  return report.lost == 0 && report.doubled == 0 && report.leaks == 0 && report.lineage_broken == 0 && report.stored == report.indexed &&
         report.appended == report.stored + report.denied;
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
  return json.dump(1) + "\n";
}

std::string ToText(const Report& report) {
  std::string text =
      fmt::format("\nEdgewise: {} flights, three sites, one loop ({}), {:.0f} s\n", Thousands(report.flights), report.data, report.seconds);
  text += fmt::format("\nDoes the loop help?     (July to December, {} flights with a label)\n", Thousands(report.loop.rows));
  text += "                                    AUC      log loss\n";
  text += QualityLine("pilot, one site", "backtest", report.pilot);
  text += QualityLine("frozen, three sites", "backtest", report.frozen);
  text += QualityLine("improved every month", "LIVE", report.loop);
  text += QualityLine("likewise, 10 % leaves", "backtest", report.loop_10pct);
  text += fmt::format("  live minus frozen: {:+.3f} AUC, 95 % interval [{:+.3f}, {:+.3f}] by days\n", report.loop_minus_frozen.mean,
                      report.loop_minus_frozen.low, report.loop_minus_frozen.high);
  text += Models(report);
  text += fmt::format("\nWhat was found?\n  severe disruptions: {} of {} site-days, {} false alarms; {} readings out of range\n",
                      report.severe_found, report.severe_total, report.false_days, report.quarantined);
  text += fmt::format("\nDid it keep its word?   {}\n", KeptItsWord(report) ? "yes" : "NO");
  text += fmt::format("  events   {} appended, {} stored, {} indexed; {} lost, {} doubled\n", Thousands(report.appended),
                      Thousands(report.stored), Thousands(report.indexed), report.lost, report.doubled);
  text += fmt::format("  leaks    {} in {} MB searched for {} texts; {} events kept back\n", report.leaks, report.searched_bytes >> 20U,
                      Thousands(report.leak_patterns), Thousands(report.denied));
  for (const auto& place : report.leak_places) text += fmt::format("           LEAK in {}\n", place);
  text +=
      fmt::format("  lineage  {} insights traced to training data and back, {} broken\n", report.lineage_checked, report.lineage_broken);
  text += fmt::format("\nHow fast, how big?\n  {} flights/s over HTTP ({:.0f} s); memory {:.0f} MB serving, {:.0f} MB at most\n",
                      Thousands(static_cast<std::uint64_t>(static_cast<double>(report.flights) / std::max(report.serving_seconds, 1e-9))),
                      report.serving_seconds, report.pss_mb_serving, report.pss_mb_peak);
  return text;
}

}  // namespace edgewise::demo
