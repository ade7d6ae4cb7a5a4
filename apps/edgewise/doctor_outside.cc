// What doctor finds outside the machine: the store and its papers, and the time.
#include <fmt/format.h>
#include <sys/timex.h>

#include <cmath>

#include "base/clock.h"
#include "doctor.h"
#include "net/web_client.h"
#include "store_choice.h"

namespace edgewise {
namespace {

using std::chrono::days, std::chrono::milliseconds, std::chrono::minutes, std::chrono::seconds;

constexpr milliseconds kSoon = days(7);
constexpr milliseconds kOff = minutes(5);

ProcessingTime Now() { return WallClock().Now(); }

std::string Until(ProcessingTime end) { return "until " + FormatTime(end); }

/// Good while it lasts more than a week.
Finding Lasts(std::string what, ProcessingTime end, std::string fix) {
  const auto left = end.ms - Now().ms;
  const bool good = left > kSoon.count();
  return {std::move(what), good, left > 0 ? Until(end) : "ended at " + FormatTime(end), good ? "" : std::move(fix)};
}

/// The latest change below the state folder by its files' times: a clock that shows less has been set back.
Finding ExamineClock(const Configuration& configuration) {
  timex state{};
  const bool kept = adjtimex(&state) != TIME_ERROR;
  const auto now = std::filesystem::file_time_type::clock::now();
  std::error_code ignored;
  for (const auto& site : configuration.sites) {
    const auto written = std::filesystem::last_write_time(configuration.state / "sites" / site.name / "queue.db", ignored);
    if (ignored || written < now + kOff) continue;
    return {"clock", false,
            fmt::format("{}, and the queue of {} was written {} minutes later than that", FormatTime(Now()), site.name,
                        std::chrono::duration_cast<minutes>(written - now).count()),
            "set the clock; nothing is lost meanwhile, only times of events are wrong"};
  }
  return {"clock", true, fmt::format("{}, {}", FormatTime(Now()), kept ? "kept by a time server" : "nobody keeps it"), ""};
}

/// What the store's machine thinks of ours, from the time in its answer.
void CompareClocks(const net::HttpResponse& answer, std::vector<Finding>& found) {
  const auto theirs = net::ParseHttpDate(answer.header("Date"));
  if (!theirs || std::abs(theirs->ms - Now().ms) < kOff.count()) return;
  found.push_back({"clock", false, fmt::format("{}, and the store says {}", FormatTime(Now()), FormatTime(*theirs)),
                   "let a time server keep it (timedatectl set-ntp true): the store may refuse the signature"});
}

void ExamineAnswer(const std::string& store, std::vector<Finding>& found) {
  net::WebClient client(store.substr(0, store.find('/', store.find("://") + 3)));
  const auto answer = client.Send({.method = "GET", .target = "/", .headers = {}, .body = {}}, Deadline::After(seconds(10)));
  if (!answer) return;  // said already
  CompareClocks(*answer, found);
  if (const auto end = client.certificate_ends()) {
    found.push_back(Lasts("certificate of the store", *end, "tell who runs the store: when it ends, nothing leaves, and all is kept here"));
  }
}

Finding ExamineReach(const std::string& name) {
  const auto fix =
      IsUrl(name) ? "mend what the line above names; until then all is kept here" : "name a folder that you may write to: \"store\"";
  const auto reached = [&]() -> Result<void> {
    EDGEWISE_ASSIGN(const auto store, OpenStore(name));
    if (!IsUrl(name)) return Writable(FolderOf(name));
    EDGEWISE_TRY(store->List("sites/", "", 1, Deadline::After(seconds(10))));
    return {};
  }();
  return Check("store", reached, name, fix);
}

}  // namespace

std::vector<Finding> ExamineOutside(const Configuration& configuration) {
  std::vector<Finding> found = {ExamineClock(configuration), ExamineReach(configuration.store)};
  if (!IsUrl(configuration.store)) return found;
  ExamineAnswer(configuration.store, found);
  if (const auto end = SignatureEnds()) {
    found.push_back(Lasts("signature of the store", *end, "make a new SAS, put it into EDGEWISE_STORE_SAS, and restart edgewise up"));
  }
  return found;
}

}  // namespace edgewise
