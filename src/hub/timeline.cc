#include "hub/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace edgewise::hub {
namespace {

using Json = nlohmann::json;

Json Write(const TimelineStep& step) {
  return {{"number", step.number}, {"at", step.at.ms},    {"kind", step.kind},
          {"text", step.text},     {"state", step.state}, {"outcome", step.outcome}};
}

Result<TimelineStep> Read(const std::string& text) {
  try {
    const auto json = Json::parse(text);
    return TimelineStep{json.at("number"), {json.at("at")}, json.at("kind"), json.at("text"), json.at("state"), json.at("outcome")};
  } catch (const Json::exception&) {
    return Fail(Code::kDataLoss, "timeline: a saved step cannot be read");
  }
}

}  // namespace

Result<std::unique_ptr<Timeline>> Timeline::Open(Index& index) {
  auto timeline = std::unique_ptr<Timeline>(new Timeline(index));
  EDGEWISE_ASSIGN(const auto saved, index.Documents("timeline"));
  for (const auto& [key, text] : saved) {
    EDGEWISE_ASSIGN(auto step, Read(text));
    if (step.state == "running") {
      step.state = "failed";
      step.outcome = "the hub stopped before it ended";
      EDGEWISE_TRY(timeline->Save(step));
    }
    timeline->steps_.push_back(std::move(step));
  }
  return timeline;
}

Result<void> Timeline::Save(const TimelineStep& step) {
  return index_.PutDocument("timeline", fmt::format("{:08}", step.number), Write(step).dump());
}

Result<std::uint64_t> Timeline::Begin(EventTime at, std::string kind, std::string text) {
  const std::scoped_lock lock(mutex_);
  TimelineStep step{steps_.size() + 1, at, std::move(kind), std::move(text), "running", ""};
  EDGEWISE_TRY(Save(step));
  steps_.push_back(std::move(step));
  return steps_.back().number;
}

Result<void> Timeline::End(std::uint64_t number, bool good, std::string outcome) {
  const std::scoped_lock lock(mutex_);
  if (number == 0 || number > steps_.size() || steps_[number - 1].state != "running") {
    return Fail(Code::kNotFound, fmt::format("timeline: step {} does not run", number));
  }
  auto step = steps_[number - 1];
  step.state = good ? "done" : "failed";
  step.outcome = std::move(outcome);
  EDGEWISE_TRY(Save(step));
  steps_[number - 1] = std::move(step);
  return {};
}

std::vector<TimelineStep> Timeline::Steps() const {
  const std::scoped_lock lock(mutex_);
  return steps_;
}

bool Timeline::Busy() const {
  const std::scoped_lock lock(mutex_);
  return busy_.load() || std::ranges::any_of(steps_, [](const auto& step) { return step.state == "running"; });
}

}  // namespace edgewise::hub
