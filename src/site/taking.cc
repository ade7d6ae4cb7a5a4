#include "site/taking.h"

namespace edgewise::site {
namespace {

constexpr std::chrono::hours kLongestStep{24 * 400};  // of a replay's clock: each hour in it is closed, and a typo has millions

}  // namespace

Result<void> MayTake(SiteDoor& door) {
  EDGEWISE_TRY(door.core().RecoverIfBroken());
  if (door.core().backlog() < door.options().most_backlog) return {};
  return Fail(Code::kResourceExhausted, "the site's disk does not keep up; send again later");
}

std::function<void(Result<void>)> AnswerLater(std::string body, const net::Responder& respond) {
  return [respond, body = std::move(body)](const Result<void>& done) {
    respond(done ? net::HttpResponse::Json(200, body) : net::HttpResponse::FromError(done.error()));
  };
}

void TakeAndAnswer(SiteDoor& door, const Entry& entry, std::string body, const net::Responder& respond) {
  door.core().Take(entry, AnswerLater(std::move(body), respond));
  door.Counted();
}

EventTime LatestAllowed(SiteDoor& door) {
  if (!door.options().replay) return door.options().clock->EventNow() + door.options().rules.most_ahead;
  const auto now = door.core().machine().now();
  return now.ms == 0 ? Machine::kAnyTime : now + kLongestStep;
}

}  // namespace edgewise::site
