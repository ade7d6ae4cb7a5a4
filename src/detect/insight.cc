#include "detect/insight.h"

#include <algorithm>
#include <utility>

#include "detect/detail/bytes.h"

namespace edgewise::detect {
namespace {

constexpr std::string_view kMagic = "EWINSG01";
constexpr std::size_t kTop = 8;
constexpr double kHighRisk = 0.5;

void Write(ByteWriter& out, const ScoredRow& row) {
  out.Text(row.lineage.bytes());
  out.Number(row.score);
  for (const auto* text : {&row.model, &row.flight, &row.tail, &row.dest, &row.note}) out.Text(*text);
}

LineageId ReadLineage(ByteReader& in) {
  const auto bytes = in.Text();
  return bytes.size() == 16 ? LineageId::FromBytes(bytes) : LineageId();
}

ScoredRow ReadRow(ByteReader& in) {
  ScoredRow row;
  row.lineage = ReadLineage(in);
  row.score = in.Number<double>();
  for (auto* text : {&row.model, &row.flight, &row.tail, &row.dest, &row.note}) *text = in.Text();
  return row;
}

}  // namespace

void HourlyInsight::Scored(const ScoredRow& row) {
  ++data_.scored;
  score_sum_ += row.score;
  if (row.score >= kHighRisk) ++data_.high_risk;
  if (data_.model != row.model) data_.model = row.model;
  if (top_.size() == kTop && !(row.score > top_.back().score)) return;
  if (top_.size() == kTop) top_.pop_back();
  const auto place = std::ranges::upper_bound(top_, row.score, std::ranges::greater(), &Ranked::score);
  if (place == top_.begin()) data_.worst = row;
  top_.insert(place, {row.lineage, row.score});
}

void HourlyInsight::Labelled(bool late) {
  ++data_.labelled;
  if (late) ++data_.late;
}

std::optional<InsightData> HourlyInsight::Finish(EventTime hour) {
  if (data_.scored == 0 && data_.labelled == 0) return std::nullopt;
  auto done = std::exchange(data_, {});
  done.hour = hour;
  if (done.scored > 0) done.mean_score = score_sum_ / static_cast<double>(done.scored);
  for (const auto& row : top_) done.rows.push_back(row.lineage);
  top_.clear();
  score_sum_ = 0;
  return done;
}

std::string HourlyInsight::Save() const {
  ByteWriter out;
  out.Text(kMagic);
  for (const auto number : {data_.scored, data_.high_risk, data_.labelled, data_.late}) out.Number(number);
  out.Number(score_sum_);
  out.Text(data_.model);
  out.Number(static_cast<std::uint8_t>(data_.worst.has_value()));
  if (data_.worst) Write(out, *data_.worst);
  out.Number(static_cast<std::uint64_t>(top_.size()));
  for (const auto& row : top_) {
    out.Text(row.lineage.bytes());
    out.Number(row.score);
  }
  return out.Take();
}

Result<HourlyInsight> HourlyInsight::Load(std::string_view bytes) {
  ByteReader in(bytes);
  EDGEWISE_TRY(detail::CheckMagic(in.Text(), kMagic, "insight"));
  HourlyInsight loaded;
  auto& data = loaded.data_;
  for (auto* number : {&data.scored, &data.high_risk, &data.labelled, &data.late}) *number = in.Number<std::uint64_t>();
  loaded.score_sum_ = in.Number<double>();
  data.model = in.Text();
  if (in.Number<std::uint8_t>() != 0) data.worst = ReadRow(in);
  const auto top = in.Number<std::uint64_t>();
  for (std::uint64_t i = 0; i < top && in.ok(); ++i) {
    const auto lineage = ReadLineage(in);
    loaded.top_.push_back({lineage, in.Number<double>()});
  }
  if (!in.done() || top > kTop) return detail::Damaged("insight");
  return loaded;
}

}  // namespace edgewise::detect
