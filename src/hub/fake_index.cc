#include "hub/fake_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "hub/detail/lane_totals.h"

namespace edgewise::hub {

void FakeIndex::FailNext(Error error) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(error);
}

Result<void> FakeIndex::TakeFailure() {
  if (auto failure = std::exchange(failure_, std::nullopt)) return std::unexpected(std::move(*failure));
  return {};
}

bool FakeIndex::TakeId(const event::EventId& id) {
  const bool fresh = ids_.insert({id.site, id.epoch, id.lane, id.sequence}).second;
  if (!fresh) ++doubled_;
  return fresh;
}

void FakeIndex::NoteAside(const Aside& aside) {
  const auto same = [&](const Aside& other) { return other.object == aside.object && other.event == aside.event; };
  if (std::ranges::none_of(aside_, same)) aside_.push_back(aside);
}

Result<Added> FakeIndex::AddBatch(const DecodedBatch& decoded) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  const auto& name = decoded.batch.object;
  if (!objects_.emplace(name, decoded.batch).second) return Added{.repeated = true};
  Added added;
  for (const auto& event : decoded.events) {
    const bool fresh = TakeId(event.id);
    ++(fresh ? added.indexed : added.doubled);
    if (!fresh) continue;
    events_.push_back({event, name});
    const auto insight = std::ranges::find(decoded.insights, event.id, &Insight::id);
    if (insight != decoded.insights.end()) insights_.push_back(*insight);
  }
  for (const auto& sample : decoded.samples) {
    const bool fresh = TakeId(sample.id);
    ++(fresh ? added.indexed : added.doubled);
    if (fresh) samples_.push_back({sample, name});
  }
  for (const auto& aside : decoded.aside) NoteAside(aside);
  return added;
}

Result<void> FakeIndex::SetAside(const Aside& aside) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  NoteAside(aside);
  return {};
}

Result<std::string> FakeIndex::LastObject(std::string_view folder) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::string last;
  for (const auto& [name, batch] : objects_) {
    if (name.starts_with(folder)) last = std::max(last, name);
  }
  for (const auto& aside : aside_) {
    if (aside.object.starts_with(folder)) last = std::max(last, aside.object);
  }
  return last;
}

Result<Totals> FakeIndex::Count() {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  Totals totals{objects_.size(), ids_.size(), doubled_, aside_.size(), {}};
  for (const auto& found : events_) totals.latest = std::max(totals.latest, found.event.time);
  for (const auto& found : samples_) totals.latest = std::max(totals.latest, found.sample.time);
  return totals;
}

Result<std::vector<LaneTotals>> FakeIndex::Lanes() {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::map<std::tuple<std::string, event::Lane, std::uint64_t>, LaneTotals> epochs;
  for (const auto& [name, batch] : objects_) {
    auto& lane = epochs[{batch.site, batch.lane, batch.epoch}];
    lane.site = batch.site;
    lane.lane = batch.lane;
    ++lane.objects;
    lane.events += batch.events;
    lane.denied += batch.denied;
    if (batch.last >= lane.last) lane.policy = batch.policy;
    lane.last = std::max(lane.last, batch.last);
    lane.leak_bits_max = std::max(lane.leak_bits_max, batch.leak_bits_max);
  }
  std::vector<LaneTotals> list;
  for (auto& [key, epoch] : epochs) detail::AddEpoch(list, std::move(epoch));
  return list;
}

Result<std::vector<ModelTotals>> FakeIndex::Models() {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::map<Digest, ModelTotals> models;
  for (const auto& [sample, object] : samples_) {
    auto& model = models[sample.model];
    model.model = sample.model;
    ++model.rows;
    model.late += sample.label ? 1 : 0;
    model.logloss_sum -= std::log(std::clamp(sample.label ? sample.score : 1 - sample.score, 1e-7, 1.0));
  }
  std::vector<ModelTotals> list;
  for (const auto& [digest, model] : models) list.push_back(model);
  return list;
}

Result<std::vector<Aside>> FakeIndex::AsideList(std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::vector<Aside> list(aside_.rbegin(), aside_.rend());
  if (list.size() > limit) list.resize(limit);
  return list;
}

Result<std::vector<FoundEvent>> FakeIndex::Events(const EventQuery& query) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::vector<FoundEvent> list;
  for (auto found = events_.rbegin(); found != events_.rend(); ++found) {
    if (found->event.type == query.type && (query.site.empty() || query.site == found->event.id.site)) list.push_back(*found);
  }
  std::ranges::stable_sort(list, [](const auto& a, const auto& b) { return a.event.time > b.event.time; });
  if (list.size() > query.limit) list.resize(query.limit);
  return list;
}

Result<std::vector<Insight>> FakeIndex::Insights(const InsightQuery& query) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::vector<Insight> list;
  for (auto insight : insights_) {
    if (!query.site.empty() && query.site != insight.id.site) continue;
    if (insight.hour < query.from || insight.hour >= query.to) continue;
    insight.rows.clear();
    list.push_back(std::move(insight));
  }
  std::ranges::sort(
      list, {}, [](const Insight& insight) { return std::tuple(insight.id.site, insight.hour, insight.id.epoch, insight.id.sequence); });
  return list;
}

Result<Batch> FakeIndex::FindObject(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  const auto found = objects_.find(name);
  if (found == objects_.end()) return Fail(Code::kNotFound, fmt::format("index: no object \"{}\"", name));
  return found->second;
}

Result<std::vector<FoundSample>> FakeIndex::SamplesOf(std::string_view object, std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::vector<FoundSample> list;
  for (const auto& found : samples_) {
    if (found.object == object && list.size() < limit) list.push_back(found);
  }
  return list;
}

Result<std::vector<FoundSample>> FakeIndex::SamplesByLineage(const LineageId& lineage) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::vector<FoundSample> list;
  std::ranges::copy_if(samples_, std::back_inserter(list), [&](const auto& found) { return found.sample.lineage == lineage; });
  return list;
}

Result<std::vector<FoundEvent>> FakeIndex::EventsByLineage(const LineageId& lineage) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::vector<FoundEvent> list;
  std::ranges::copy_if(events_, std::back_inserter(list), [&](const auto& found) { return found.event.lineage == lineage; });
  return list;
}

Result<std::vector<FoundEvent>> FakeIndex::EventsNaming(const LineageId& row) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::vector<FoundEvent> list;
  for (const auto& insight : insights_) {
    if (std::ranges::find(insight.rows, row) == insight.rows.end()) continue;
    std::ranges::copy_if(events_, std::back_inserter(list), [&](const auto& found) { return found.event.id == insight.id; });
  }
  return list;
}

Result<std::vector<LineageId>> FakeIndex::RowsOf(const event::EventId& id) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  const auto found = std::ranges::find(insights_, id, &Insight::id);
  auto rows = found == insights_.end() ? std::vector<LineageId>() : found->rows;
  std::ranges::sort(rows);
  return rows;
}

Result<void> FakeIndex::PutDocument(std::string_view kind, std::string_view key, std::string_view json) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  documents_[{std::string(kind), std::string(key)}] = json;
  return {};
}

Result<std::vector<std::pair<std::string, std::string>>> FakeIndex::Documents(std::string_view kind) {
  const std::scoped_lock lock(mutex_);
  EDGEWISE_TRY(TakeFailure());
  std::vector<std::pair<std::string, std::string>> list;
  for (const auto& [key, json] : documents_) {
    if (key.first == kind) list.emplace_back(key.second, json);
  }
  return list;
}

}  // namespace edgewise::hub
