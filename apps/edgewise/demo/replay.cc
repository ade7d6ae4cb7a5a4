#include "demo/replay.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/deadline.h"

namespace edgewise::demo {
namespace {

constexpr auto kPatience = std::chrono::minutes(5);

EventTime MinuteOf(EventTime time) { return {time.ms - (time.ms % 60'000)}; }

}  // namespace

SiteReplay::SiteReplay(const Traffic& traffic, Options options)
    : traffic_(traffic),
      options_(std::move(options)),
      client_(options_.address, options_.window, [this](std::uint64_t, const net::HttpResponse& answer) { Answered(answer); }) {}

void SiteReplay::Answered(const net::HttpResponse& answer) {
  std::uint64_t fresh = 0;
  if (std::sscanf(answer.body.c_str(), R"({"new":%lu})", &fresh) == 1) taken_ += fresh;
  if (answer.status != 200 && refusal_.empty()) refusal_ = fmt::format("status {}: {}", answer.status, answer.body);
}

Result<void> SiteReplay::Post(std::string target, std::string body) {
  requests_.fetch_add(1, std::memory_order_relaxed);
  EDGEWISE_TRY(
      client_.Send({.method = "POST", .target = std::move(target), .headers = {}, .body = std::move(body)}, Deadline::After(kPatience)));
  if (refusal_.empty()) return {};
  return Fail(Code::kInternal, fmt::format("site {} refused what it was told: {}", traffic_.sites()[options_.site], refusal_));
}

Result<void> SiteReplay::SendBatch(Batch& batch, Kind kind) {
  if (batch.records == 0) return {};
  records_.fetch_add(batch.records, std::memory_order_relaxed);
  batch.records = 0;
  std::string lines;
  lines.swap(batch.lines);
  return Post(fmt::format("/records/{}", StreamOf(kind)), std::move(lines));
}

Result<void> SiteReplay::SendBatches() {
  for (std::size_t kind = 1; kind < batches_.size(); ++kind) EDGEWISE_TRY(SendBatch(batches_[kind], static_cast<Kind>(kind)));
  return {};
}

/// A score must see all records before it and none after, so what was gathered goes first.
Result<void> SiteReplay::Tell(const Happening& happening, std::size_t place) {
  if (happening.kind == Kind::kScore) {
    if (happening.at + std::chrono::hours(1) < options_.score_from) return {};  // history: asked an hour ahead
    EDGEWISE_TRY(SendBatches());
    line_.clear();
    traffic_.Render(options_.site, place, line_);
    scores_.fetch_add(1, std::memory_order_relaxed);
    return Post("/score/" + options_.model, line_);
  }
  auto& batch = batches_[static_cast<std::size_t>(happening.kind)];
  const auto minute = MinuteOf(happening.at);
  if (batch.records > 0 && batch.minute != minute) EDGEWISE_TRY(SendBatches());
  batch.minute = minute;
  ++batch.records;
  traffic_.Render(options_.site, place, batch.lines);
  batch.lines += '\n';
  return {};
}

Result<void> SiteReplay::RunUntil(EventTime until) {
  const auto happenings = traffic_.of(options_.site);
  for (; next_ < happenings.size() && happenings[next_].at < until; ++next_) {
    if (options_.stop.stop_requested()) return Fail(Code::kUnavailable, "stopped");
    EDGEWISE_TRY(Tell(happenings[next_], next_));
  }
  EDGEWISE_TRY(SendBatches());
  EDGEWISE_TRY(Post("/clock", fmt::format(R"({{"watermark":"{}"}})", FormatTime(until))));
  EDGEWISE_TRY(Post("/relay/flush", ""));
  EDGEWISE_TRY(client_.Flush(Deadline::After(kPatience)));
  if (refusal_.empty() && taken_ != records_.load()) refusal_ = fmt::format("{} of {} records were new to it", taken_, records_.load());
  if (refusal_.empty()) return {};
  return Fail(Code::kInternal, fmt::format("site {} refused what it was told: {}", traffic_.sites()[options_.site], refusal_));
}

ReplayCounts SiteReplay::counts() const {
  return {records_.load(std::memory_order_relaxed), scores_.load(std::memory_order_relaxed), requests_.load(std::memory_order_relaxed)};
}

}  // namespace edgewise::demo
