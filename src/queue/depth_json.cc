#include "queue/depth_json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>

namespace edgewise::queue {
namespace {

struct Count {
  const char* name;
  std::uint64_t LaneDepth::* value;
};
constexpr std::array kCounts = {Count{"waiting", &LaneDepth::waiting},
                                Count{"dead", &LaneDepth::dead},
                                Count{"damaged", &LaneDepth::damaged},
                                Count{"missing", &LaneDepth::missing},
                                Count{"dropped", &LaneDepth::dropped},
                                Count{"appended", &LaneDepth::appended},
                                Count{"waiting_bytes", &LaneDepth::waiting_bytes}};

}  // namespace

nlohmann::ordered_json ToJson(const LaneDepth& depth) {
  nlohmann::ordered_json json = {{"lane", event::LaneName(depth.lane)}};
  for (const auto& count : kCounts) json[count.name] = depth.*count.value;
  if (depth.oldest) json["oldest"] = FormatTime(*depth.oldest);
  return json;
}

Result<LaneDepth> DepthFromJson(const nlohmann::json& json) {
  const auto name = json.find("lane");
  if (name == json.end() || !name->is_string()) return Fail(Code::kInvalidArgument, "a lane's counts have no \"lane\"");
  EDGEWISE_ASSIGN(const auto lane, event::ParseLane(name->get<std::string>()));
  LaneDepth depth{.lane = lane};
  for (const auto& count : kCounts) {
    const auto found = json.find(count.name);
    if (found != json.end() && found->is_number_unsigned()) depth.*count.value = found->get<std::uint64_t>();
  }
  return depth;
}

}  // namespace edgewise::queue
