#include "site/score_route.h"

#include <fmt/format.h>

#include "site/taking.h"

namespace edgewise::site {
namespace {

using net::HttpResponse, net::Responder;

constexpr std::chrono::seconds kScoreLimit{5};  // a request that waits longer for its scorer is of no use to anybody
constexpr std::chrono::seconds kHung{2};        // a scorer that does not answer one row so long never will
constexpr std::size_t kLargestScore = 1024 * 1024;

std::string ScoreAnswer(double score, const LineageId& lineage, const Digest& model, std::string_view version) {
  return fmt::format(R"({{"score":{},"lineage":"{}","model":"{}","version":"{}"}})", score, lineage.ToString(), model.ToString(), version);
}

/// The answer to the same request, said before by a sender that did not hear it (a connection that broke, a kill -9 between the journal
/// and the answer): the row is there already, and scoring it again would double it.
Result<std::optional<std::string>> AnsweredBefore(SiteDoor& door, const Served& served, std::string_view json) {
  EDGEWISE_ASSIGN(const auto like, door.core().machine().WaitingLike(json));
  if (like.empty()) return std::nullopt;
  EDGEWISE_TRY(door.core().Drain(Deadline::After(std::chrono::seconds(10))));  // what is answered is on the disk
  for (const auto& lineage : like) {
    EDGEWISE_ASSIGN(const auto row, door.core().log().Find(lineage));
    const auto& live = served.live.model;
    if (row && row->request == json && row->model == live.digest) return ScoreAnswer(row->score, row->lineage, row->model, live.version);
  }
  return std::nullopt;
}

/// The answer to a request whose row is there: it was scored, whatever has become of label and model since.
Result<std::optional<std::string>> RowThere(SiteDoor& door, const Served& served, const ScoreRequest& request) {
  EDGEWISE_ASSIGN(const auto row, door.core().FindNamed(*request.lineage));
  if (!row) return std::nullopt;
  const auto& live = served.live.model;
  return ScoreAnswer(row->score, row->lineage, row->model, row->model == live.digest ? live.version : std::string());
}

Result<ScoredEntry> ScoreOne(SiteDoor& door, const Served& served, std::string_view json, Deadline deadline) {
  auto& machine = door.core().machine();
  EDGEWISE_ASSIGN(auto request, machine.parser().Parse(served.program.request(), json, feature::RecordParser::Form::kRequest));
  if (request.time.ms == 0) request.time = door.options().replay ? machine.now() : door.options().clock->EventNow();
  if (request.time > LatestAllowed(door)) {
    return Fail(Code::kInvalidArgument, "\"time\" lies in the future; is the sender's clock wrong?");
  }
  ScoredEntry entry;
  machine.Compute(served.program, request, entry.sample);
  std::vector<float> row(served.program.outputs().size());
  served.program.Encode(entry.sample, row);
  EDGEWISE_ASSIGN(const auto scores, served.live.running->engine().Score(row, deadline));
  entry.lineage = LineageId::Random();
  entry.model = served.live.model.digest;
  entry.layout = served.program.layout();
  entry.scored_at = std::max(request.time, machine.now());  // a row that is dated back knows what the site knows now
  entry.score = static_cast<double>(scores.back());
  entry.request = json;
  return entry;
}

/// A scorer may end or hang at any moment; the request that finds it so starts it again and asks once more, within its own deadline.
/// `served` is then what is live by now: a swap may have come between.
Result<ScoredEntry> ScoreOrRevive(SiteDoor& door, const Served*& served, const std::string& model, std::string_view json) {
  const auto deadline = Deadline::After(kScoreLimit);
  auto entry = ScoreOne(door, *served, json, Deadline::After(kHung));
  if (!entry && entry.error().code == Code::kDeadlineExceeded) {
    served->live.running->Kill();  // everything else waits behind it
  } else if (entry || entry.error().code != Code::kUnavailable) {
    return entry;
  }
  EDGEWISE_TRY(door.Revive(model, deadline));
  served = door.FindModel(model);
  if (served == nullptr) return entry;
  return ScoreOne(door, *served, json, deadline);
}

}  // namespace

Result<void> TakeScore(SiteDoor& door, const ScoreRequest& request, const Responder& respond) {
  const auto start = std::chrono::steady_clock::now();
  const auto& model = request.model;
  EDGEWISE_TRY(MayTake(door));
  if (request.body.size() > kLargestScore)
    return Fail(Code::kInvalidArgument, fmt::format("the body is larger than {} bytes", kLargestScore));
  const auto* served = door.FindModel(model);
  if (served == nullptr) {
    if (door.IsStarting(model)) return Fail(Code::kUnavailable, fmt::format("model \"{}\" is being started; ask again", model));
    return Fail(Code::kNotFound, fmt::format("no model \"{}\" is live here; GET /status names those that are", model));
  }
  EDGEWISE_ASSIGN(const auto before, request.lineage ? RowThere(door, *served, request) : AnsweredBefore(door, *served, request.body));
  if (before) {
    respond(HttpResponse::Json(200, *before));
    return {};
  }
  EDGEWISE_ASSIGN(auto entry, ScoreOrRevive(door, served, model, request.body));
  if (request.lineage) {
    EDGEWISE_TRY(door.core().Name(*request.lineage));
    entry.lineage = *request.lineage;
  }
  const auto answer = [respond, &door, start](HttpResponse response) {
    door.counters().Answered(std::chrono::steady_clock::now() - start);
    respond(std::move(response));
  };
  TakeAndAnswer(door, entry, ScoreAnswer(entry.score, entry.lineage, entry.model, served->live.model.version), answer);
  return {};
}

}  // namespace edgewise::site
