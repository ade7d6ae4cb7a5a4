#pragma once

#include <functional>
#include <string>

#include "site/api.h"

// What the routes that change a site share. All on the HTTP thread.
namespace edgewise::site {

/// Whether a change may be taken now: said before anything is changed. Errors: kResourceExhausted (too much waits), what broke the disk.
Result<void> MayTake(SiteDoor& door);
/// The latest event time that a change may bear. Live, nothing can have happened after now, and clocks differ a little; a replay says
/// itself what time it is, in steps of 400 days at most.
EventTime LatestAllowed(SiteDoor& door);
/// Answers `body` with 200, or the error.
std::function<void(Result<void>)> AnswerLater(std::string body, const net::Responder& respond);
/// Journals an entry and answers `body` when it is on the disk.
void TakeAndAnswer(SiteDoor& door, const Entry& entry, std::string body, const net::Responder& respond);

}  // namespace edgewise::site
