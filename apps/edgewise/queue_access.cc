#include "queue_access.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "net/http.h"
#include "queue/depth_json.h"
#include "relay/set_back.h"

namespace edgewise {
namespace {

using nlohmann::json;

class OnFile final : public QueueAccess {
 public:
  explicit OnFile(std::unique_ptr<queue::SqliteQueue> queue) : queue_(std::move(queue)) {}
  Result<std::vector<Kept>> Page(event::Lane lane, std::uint64_t after, std::size_t limit) override {
    return queue_->Page(lane, after, limit);
  }
  Result<std::vector<queue::LaneDepth>> Depths() override { return queue_->Depths(); }
  Result<event::EventId> Retry(const event::EventId& id) override { return queue_->Retry(id); }
  Result<void> Drop(const event::EventId& id) override { return queue_->Discard(id); }

 private:
  std::unique_ptr<queue::SqliteQueue> queue_;
};

std::unexpected<Error> OtherVersion() { return Fail(Code::kUnavailable, "the site's answer is not understood; is it of this version?"); }

/// As src/site/queue_route.cc answers.
class AtSite final : public QueueAccess {
 public:
  explicit AtSite(const std::filesystem::path& socket) : client_(net::Address{"unix:" + socket.string()}) {}

  Result<std::vector<Kept>> Page(event::Lane lane, std::uint64_t after, std::size_t limit) override {
    EDGEWISE_ASSIGN(const auto answer,
                    Ask("GET", fmt::format("/queue/events?lane={}&after={}&limit={}", event::LaneName(lane), after, limit)));
    std::vector<Kept> page;
    if (!answer.contains("events")) return OtherVersion();
    for (const auto& each : answer.at("events")) {
      EDGEWISE_ASSIGN(auto id, event::EventId::Parse(each.at("id").get<std::string>()));
      page.push_back({std::move(id), static_cast<Kept::State>(each.at("state").get<int>()), each.at("reason"), each.at("body")});
    }
    return page;
  }
  Result<std::vector<queue::LaneDepth>> Depths() override {
    EDGEWISE_ASSIGN(const auto answer, Ask("GET", "/queue/depths"));
    std::vector<queue::LaneDepth> depths;
    if (!answer.contains("lanes")) return OtherVersion();
    for (const auto& each : answer.at("lanes")) {
      EDGEWISE_ASSIGN(const auto depth, queue::DepthFromJson(each));
      depths.push_back(depth);
    }
    return depths;
  }
  Result<event::EventId> Retry(const event::EventId& id) override {
    EDGEWISE_ASSIGN(const auto answer, Ask("POST", "/queue/retry?id=" + id.ToString()));
    return event::EventId::Parse(answer.at("id").get<std::string>());
  }
  Result<void> Drop(const event::EventId& id) override {
    EDGEWISE_TRY(Ask("POST", "/queue/drop?id=" + id.ToString()));
    return {};
  }

 private:
  Result<json> Ask(std::string method, std::string target) {
    EDGEWISE_ASSIGN(const auto answer, client_.Send({.method = std::move(method), .target = std::move(target), .headers = {}, .body = {}},
                                                    Deadline::After(std::chrono::seconds(60))));
    auto read = json::parse(answer.body, nullptr, false);
    if (answer.status != 200) {
      const auto why = read.is_object() ? read.value("error", answer.body) : answer.body;
      return Fail(net::CodeOf(answer.status), why);
    }
    if (!read.is_object()) return OtherVersion();
    return read;
  }

  net::HttpClient client_;
};

}  // namespace

Result<std::unique_ptr<QueueAccess>> QueueAccess::Open(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder / "queue.db", ignored) && std::filesystem::is_directory(folder / "sites", ignored)) {
    return Fail(Code::kNotFound, fmt::format("there is no queue in {}; name the folder of one site: {}", folder.string(),
                                             (folder / "sites" / "NAME").string()));
  }
  auto queue = queue::SqliteQueue::OpenExisting(folder / "queue.db");
  if (queue) {
    const auto held = relay::CheckNotSetBack(SystemFiles(), folder / "relay", **queue, (*queue)->epoch());
    if (!held) (*queue)->RefuseAppends(held.error());  // looking is no harm
    return std::make_unique<OnFile>(std::move(*queue));
  }
  const auto socket = folder / "site.sock";
  if (queue.error().code != Code::kFailedPrecondition || !std::filesystem::exists(socket, ignored)) return std::unexpected(queue.error());
  auto site = std::make_unique<AtSite>(socket);
  if (!site->Depths()) return std::unexpected(queue.error());  // the socket is a former site's, or the file has another fault
  return site;
}

Result<void> QueueAccess::ForEach(const std::function<Result<void>(const Kept&)>& take) {
  return queue::SqliteQueue::ForEach([this](event::Lane lane, std::uint64_t after, std::size_t limit) { return Page(lane, after, limit); },
                                     take);
}

std::string_view NameOf(QueueAccess::Kept::State state) {
  switch (state) {
    case QueueAccess::Kept::State::kWaiting:
      return "waiting";
    case QueueAccess::Kept::State::kDead:
      return "dead";
    case QueueAccess::Kept::State::kDamaged:
      return "damaged";
  }
  return "";
}

}  // namespace edgewise
