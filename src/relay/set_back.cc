#include "relay/set_back.h"

#include <fmt/format.h>

#include <algorithm>

#include "relay/detail/names.h"

namespace edgewise::relay {

Result<void> detail::CheckQueueHolds(const BatchHead& head, const std::vector<queue::LaneDepth>& depths, std::uint64_t epoch) {
  const auto depth = std::ranges::find(depths, head.lane, &queue::LaneDepth::lane);
  const auto appended = depth == depths.end() ? 0 : depth->appended;
  if (head.epoch != epoch || appended >= head.last) return {};
  return Fail(Code::kDataLoss, fmt::format("relay: {} events of lane {} have left, and the queue knows {}: it was lost or set back; start "
                                           "site {} with epoch = {} (queue write: --epoch {})",
                                           head.last, LaneName(head.lane), appended, head.site, epoch + 1, epoch + 1));
}

Result<void> CheckNotSetBack(Files& files, const std::filesystem::path& folder, queue::Queue& queue, std::uint64_t epoch) {
  EDGEWISE_ASSIGN(const auto depths, queue.Depths());
  for (const auto lane : event::kLanes) {
    const auto bytes = files.Read(folder / fmt::format("{}.cut", LaneName(lane)));
    const auto head = bytes ? detail::HeadOfCut(*bytes) : std::unexpected(bytes.error());
    if (head && head->lane == lane) EDGEWISE_TRY(detail::CheckQueueHolds(*head, depths, epoch));
  }
  return {};
}

}  // namespace edgewise::relay
