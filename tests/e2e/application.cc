#include "application.h"

#include <fmt/format.h>

#include <thread>

#include "base/deadline.h"

namespace edgewise::e2e {
namespace {

using demo::Kind;

EventTime MinuteOf(EventTime time) { return {time.ms - (time.ms % 60'000)}; }

/// What an application cannot mend by saying it again.
bool IsFinal(int status) { return status == 400 || status == 413; }

}  // namespace

Result<std::string> Application::Say(const std::string& target, const std::string& body) {
  const auto deadline = Deadline::After(std::chrono::seconds(60));
  std::string trouble;
  for (bool again = false;; again = true) {
    repeated_ += again ? 1 : 0;
    if (!client_) client_.emplace(net::Address{options_.address});
    const auto answer = client_->Send({.method = "POST", .target = target, .headers = {}, .body = body}, deadline);
    if (answer && answer->status == 200) return answer->body;
    trouble = answer ? fmt::format("status {}: {}", answer->status, answer->body) : answer.error().message;
    if (answer && IsFinal(answer->status)) return Fail(Code::kInternal, fmt::format("{}: {}", target, trouble));
    if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, fmt::format("{}: {}", target, trouble));
    if (!answer) client_.reset();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // between two tries, as applications do
  }
}

Result<void> Application::SendBatches() {
  for (std::size_t kind = 1; kind < batches_.size(); ++kind) {
    auto& batch = batches_[kind];
    if (batch.records == 0) continue;
    EDGEWISE_ASSIGN(const auto answer, Say(fmt::format("/records/{}", demo::StreamOf(static_cast<Kind>(kind))), batch.lines));
    recognized_ += answer.starts_with(fmt::format(R"({{"new":{},)", batch.records)) ? 0 : 1;
    options_.on_told(batch.records);
    batch.lines.clear();
    batch.records = 0;
  }
  return {};
}

/// A score must see all records before it and none after, so what was gathered goes first.
Result<void> Application::Tell(const demo::Happening& happening, std::size_t place) {
  if (happening.kind == Kind::kScore) {
    if (happening.at + std::chrono::hours(1) < options_.score_from) return {};
    EDGEWISE_TRY(SendBatches());
    std::string request;
    traffic_.Render(options_.site, place, request);
    EDGEWISE_TRY(Say("/score/delay", request));
    options_.on_told(1);
    return {};
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

Result<void> Application::RunUntil(EventTime until) {
  const auto happenings = traffic_.of(options_.site);
  for (; next_ < happenings.size() && happenings[next_].at < until; ++next_) EDGEWISE_TRY(Tell(happenings[next_], next_));
  return SendBatches();
}

Result<void> Application::Settle(EventTime until) {
  EDGEWISE_TRY(Say("/clock", fmt::format(R"({{"watermark":"{}"}})", FormatTime(until))));
  EDGEWISE_TRY(Say("/relay/flush", ""));
  return {};
}

}  // namespace edgewise::e2e
