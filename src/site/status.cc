#include "site/status.h"

#include <nlohmann/json.hpp>

#include "queue/depth_json.h"

namespace edgewise::site {
namespace {

void AddFigures(const QueueFigures& figures, nlohmann::ordered_json& out) {
  auto& lanes = out["lanes"] = nlohmann::ordered_json::object();
  for (const auto& depth : figures.depths) {
    auto& lane = lanes[std::string(event::LaneName(depth.lane))] = queue::ToJson(depth);
    lane.erase("lane");
  }
  out["offline_seconds"] = figures.offline_seconds;
  if (figures.last_stored) out["last_stored"] = FormatTime(EventTime{figures.last_stored->ms});
  out["queue_bytes"] = figures.queue_bytes;
  out["disk_free_bytes"] = figures.disk_free_bytes;
}

}  // namespace

std::string ToJson(const Status& status) {
  nlohmann::ordered_json out;
  out["site"] = status.site;
  out["epoch"] = status.epoch;
  out["clock"] = FormatTime(status.clock);
  out["drained"] = FormatTime(status.drained);
  out["desired"] = status.deployed.desired;
  out["applied"] = status.deployed.applied;
  out["policy"] = status.policy ? status.policy->ToString() : "";
  out["refused"] = status.deployed.refused.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(status.deployed.refused);
  out["models"] = nlohmann::json::array();
  for (const auto& model : status.deployed.models) {
    out["models"].push_back({{"name", model.name},
                             {"digest", model.digest.IsZero() ? "" : model.digest.ToString()},
                             {"version", model.version},
                             {"state", model.state},
                             {"reason", model.reason}});
  }
  out["queue"] = nlohmann::json::object();  // events ever appended, by lane
  for (const auto& depth : status.queue) out["queue"][std::string(event::LaneName(depth.lane))] = depth.appended;
  AddFigures(status.figures, out);
  out["relay"] = nlohmann::json::object();
  out["stopped"] = nullptr;
  if (status.relay) {
    for (const auto& [lane, counts] : status.relay->lanes) {
      out["relay"][std::string(event::LaneName(lane))] = {
          {"allowed", counts.allowed}, {"denied", counts.denied}, {"stored_through", counts.stored_through}};
    }
    if (status.relay->stopped) out["stopped"] = *status.relay->stopped;
  }
  out["records"] = status.counts.records;
  out["scored"] = status.counts.scored;
  out["labelled"] = status.counts.labelled;
  out["never"] = status.counts.never;
  out["quarantined"] = status.counts.quarantined;
  out["pending"] = status.pending;
  return out.dump();
}

}  // namespace edgewise::site
