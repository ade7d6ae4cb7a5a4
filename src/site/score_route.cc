#include "site/score_route.h"

#include <fmt/format.h>

#include <algorithm>

#include "site/score_answer.h"
#include "site/score_body.h"
#include "site/taking.h"

namespace edgewise::site {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kScoreLimit{5};  // a request that waits longer for its scorer is of no use to anybody
constexpr std::chrono::seconds kHung{2};        // a scorer that does not answer its rows so long never will
constexpr std::size_t kLargestScore = 1024 * 1024;

/// `served`: what is live by now.
AnsweredRow ToRow(const Served& served, double score, const LineageId& lineage, const Digest& model) {
  AnsweredRow row{.score = score, .lineage = lineage, .model = model, .version = {}, .label = {}};
  const auto& live = served.live;
  if (model != live.model.digest) return row;
  row.version = live.model.version;
  if (live.running->engine().classes() == 2) row.label = score > 0.5 ? 1 : 0;
  return row;
}

/// The row of the same request, said before by a sender that did not hear the answer (a connection that broke, a kill -9 between the
/// journal and the answer): it is there already, and scoring it again would double it.
Result<std::optional<AnsweredRow>> AnsweredBefore(SiteDoor& door, const Served& served, std::string_view json) {
  EDGEWISE_ASSIGN(const auto like, door.core().machine().WaitingLike(json));
  if (like.empty()) return std::nullopt;
  EDGEWISE_TRY(door.core().Drain(Deadline::After(std::chrono::seconds(10))));  // what is answered is on the disk
  for (const auto& lineage : like) {
    EDGEWISE_ASSIGN(const auto row, door.core().log().Find(lineage));
    if (row && row->request == json && row->model == served.live.model.digest) {
      return ToRow(served, row->score, row->lineage, row->model);
    }
  }
  return std::nullopt;
}

/// The row that the asker named, if it is there: it was scored, whatever has become of label and model since.
Result<std::optional<AnsweredRow>> RowThere(SiteDoor& door, const Served& served, const LineageId& lineage) {
  EDGEWISE_ASSIGN(const auto row, door.core().FindNamed(lineage));
  if (!row) return std::nullopt;
  return ToRow(served, row->score, row->lineage, row->model);
}

/// All but the score.
Result<ScoredEntry> ComputeOne(SiteDoor& door, const Served& served, std::string_view json) {
  auto& machine = door.core().machine();
  EDGEWISE_ASSIGN(auto request, machine.parser().Parse(served.program.request(), json, feature::RecordParser::Form::kRequest));
  if (request.time.ms == 0) request.time = door.options().replay ? machine.now() : door.options().clock->EventNow();
  if (request.time > LatestAllowed(door)) {
    return Fail(Code::kInvalidArgument, "\"time\" lies in the future; is the sender's clock wrong?");
  }
  ScoredEntry entry;
  machine.Compute(served.program, request, entry.sample);
  entry.lineage = LineageId::Random();
  entry.model = served.live.model.digest;
  entry.layout = served.program.layout();
  entry.scored_at = std::max(request.time, machine.now());  // a row that is dated back knows what the site knows now
  entry.request = json;
  return entry;
}

/// The rows of one body, on their way to an answer.
class Scoring {
 public:
  Scoring(SiteDoor& door, const ScoreRequest& request, const ScoreBody& body) : door_(door), request_(request), body_(body) {
    answer_.many = body.many;
    answer_.rows.resize(body.rows.size());
  }

  /// Those that are there already, then the others together. Nothing is taken yet.
  Result<void> Score(const Served& served) {
    for (std::size_t i = 0; i < body_.rows.size(); ++i) {
      const auto& json = body_.rows[i].json;
      if (request_.durability == Durability::kNone && !request_.lineage) {  // nothing is looked up on the disk
        fresh_.push_back(i);
        continue;
      }
      auto before = request_.lineage ? RowThere(door_, served, *request_.lineage) : AnsweredBefore(door_, served, json);
      if (!before) return Named(i, std::move(before.error()));
      if (*before) {
        answer_.rows[i] = **std::move(before);
      } else {
        fresh_.push_back(i);
      }
    }
    return fresh_.empty() ? Result<void>() : ScoreOrRevive(served);
  }

  /// Journals what was scored, and answers when as much is done as the request waits for. `may`: whether anything may be taken now.
  Result<void> Take(const Result<void>& may, const net::Responder& respond) {
    if (request_.lineage && !entries_.empty()) {
      EDGEWISE_TRY(door_.core().Name(*request_.lineage));
      entries_.front().lineage = answer_.rows[fresh_.front()].lineage = *request_.lineage;
    }
    if (!entries_.empty() && request_.durability == Durability::kStoredLocally) return TakeAndWait(respond);
    const auto not_kept = [&counters = door_.counters()](const Result<void>& done) {
      if (!done) counters.Shed(1);
    };
    for (const auto& entry : entries_) may ? door_.core().Take(entry, not_kept) : not_kept(may);
    for (const auto row : fresh_) answer_.rows[row].kept = may.has_value();
    door_.counters().Answered(Clock::now() - start_);
    if (!entries_.empty() && may) door_.Counted();
    respond(net::HttpResponse::Json(200, ToJson(answer_)));
    return {};
  }

 private:
  Result<void> TakeAndWait(const net::Responder& respond) {
    const auto begin = Clock::now();
    auto last = [&counters = door_.counters(), answer = std::move(answer_), start = start_, begin,
                 respond](const Result<void>& done) mutable {
      answer.stages.store = Clock::now() - begin;
      counters.Answered(Clock::now() - start);
      respond(done ? net::HttpResponse::Json(200, ToJson(answer)) : net::HttpResponse::FromError(done.error()));
    };
    // The journal is written in order: what the last one is told holds for those before it.
    for (std::size_t i = 0; i + 1 < entries_.size(); ++i) door_.core().Take(entries_[i], [](const Result<void>&) {});
    door_.core().Take(entries_.back(), std::move(last));
    door_.Counted();
    return {};
  }

  /// The error of a row, which is said where there are several.
  std::unexpected<Error> Named(std::size_t row, Error error) const {
    if (body_.many) error.message = fmt::format("{} {}: {}", body_.counted, body_.rows[row].line, error.message);
    return std::unexpected(std::move(error));
  }

  /// A scorer may end or hang at any moment; the request that finds it so starts it again and asks once more, within its own deadline.
  /// What is live then is asked: a swap may have come between.
  Result<void> ScoreOrRevive(const Served& served) {
    const auto deadline = Deadline::After(kScoreLimit);
    auto scored = ScoreFresh(served, Deadline::After(kHung));
    if (!scored && scored.error().code == Code::kDeadlineExceeded) {
      served.live.running->Kill();  // everything else waits behind it
    } else if (scored || scored.error().code != Code::kUnavailable) {
      return scored;
    }
    EDGEWISE_TRY(door_.Revive(request_.model, deadline));
    const auto* revived = door_.FindModel(request_.model);
    return revived == nullptr ? scored : ScoreFresh(*revived, deadline);
  }

  /// Rows of one body know what the site knew before it.
  Result<void> ScoreFresh(const Served& served, Deadline deadline) {
    const auto begin = Clock::now();
    const auto width = served.program.outputs().size();
    std::vector<float> encoded(fresh_.size() * width);
    entries_.clear();
    for (const auto row : fresh_) {
      auto entry = ComputeOne(door_, served, body_.rows[row].json);
      if (!entry) return Named(row, std::move(entry.error()));
      served.program.Encode(entry->sample, std::span(encoded).subspan(entries_.size() * width, width));
      entries_.push_back(*std::move(entry));
    }
    const auto computed = Clock::now();
    EDGEWISE_TRY(Ask(served, encoded, deadline));
    answer_.stages.features = computed - begin;
    answer_.stages.infer = Clock::now() - computed;
    return {};
  }

  Result<void> Ask(const Served& served, std::span<const float> encoded, Deadline deadline) {
    const auto& engine = served.live.running->engine();
    const auto width = encoded.size() / fresh_.size();
    for (std::size_t done = 0; done < fresh_.size();) {
      const auto some = std::min(fresh_.size() - done, engine.max_rows());
      EDGEWISE_ASSIGN(const auto scores, engine.Score(encoded.subspan(done * width, some * width), deadline));
      for (std::size_t i = 0; i < some; ++i, ++done) {
        auto& entry = entries_[done];
        entry.score = static_cast<double>(scores[(i + 1) * engine.classes() - 1]);
        answer_.rows[fresh_[done]] = ToRow(served, entry.score, entry.lineage, entry.model);
      }
    }
    return {};
  }

  Clock::time_point start_ = Clock::now();
  SiteDoor& door_;
  const ScoreRequest& request_;
  const ScoreBody& body_;
  ScoreAnswer answer_;
  std::vector<std::size_t> fresh_;  // rows that are not there yet
  std::vector<ScoredEntry> entries_;
};

}  // namespace

Result<void> TakeScore(SiteDoor& door, const ScoreRequest& request, const net::Responder& respond) {
  const auto& model = request.model;
  const auto may = MayTake(door);
  if (!may && request.durability != Durability::kNone) return may;
  if (request.body.size() > kLargestScore)
    return Fail(Code::kInvalidArgument, fmt::format("the body is larger than {} bytes", kLargestScore));
  const auto* served = door.FindModel(model);
  if (served == nullptr) {
    if (door.IsStarting(model)) return Fail(Code::kUnavailable, fmt::format("model \"{}\" is being started; ask again", model));
    return Fail(Code::kNotFound, fmt::format("no model \"{}\" is live here; GET /status names those that are", model));
  }
  EDGEWISE_ASSIGN(const auto body, ReadScoreBody(request.body, request.content_type, served->program.request()));
  if (request.lineage && body.many) return Fail(Code::kInvalidArgument, "an input takes one row a line or message; send each by itself");
  Scoring scoring(door, request, body);
  EDGEWISE_TRY(scoring.Score(*served));
  return scoring.Take(may, respond);
}

}  // namespace edgewise::site
