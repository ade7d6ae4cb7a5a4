#include "site/label_join.h"

#include <algorithm>

#include "base/bytes.h"
#include "site/entry.h"

namespace edgewise::site {
namespace {

constexpr std::uint8_t kVersion = 2;  // 1 had no asked_at

Digest GetDigest(ByteReader32& in) {
  std::array<std::uint8_t, 32> bytes{};
  std::ranges::copy(in.Fixed(bytes.size()), bytes.begin());
  return Digest(bytes);
}

}  // namespace

void LabelJoin::Add(std::string key, Waiting row) {
  const auto number = next_++;
  by_key_[key].push_back(number);
  by_lineage_[row.lineage] = number;
  by_end_.emplace(row.give_up.ms, number);
  rows_.emplace(number, Row{std::move(key), std::move(row)});
}

std::optional<Waiting> LabelJoin::Remove(std::uint64_t number) {
  const auto found = rows_.find(number);
  if (found == rows_.end()) return std::nullopt;
  Waiting waiting = std::move(found->second.waiting);
  const auto key = by_key_.find(found->second.key);
  std::erase(key->second, number);
  if (key->second.empty()) by_key_.erase(key);
  by_lineage_.erase(waiting.lineage);
  const auto [first, last] = by_end_.equal_range(waiting.give_up.ms);
  by_end_.erase(std::find_if(first, last, [number](const auto& entry) { return entry.second == number; }));
  rows_.erase(found);
  return waiting;
}

std::vector<Waiting> LabelJoin::Take(std::string_view key) {
  std::vector<Waiting> taken;
  const auto found = by_key_.find(std::string(key));
  if (found == by_key_.end()) return taken;
  const auto numbers = found->second;
  for (const auto number : numbers) {
    if (auto row = Remove(number)) taken.push_back(*std::move(row));
  }
  return taken;
}

std::optional<Waiting> LabelJoin::Take(const LineageId& lineage) {
  const auto found = by_lineage_.find(lineage);
  return found == by_lineage_.end() ? std::nullopt : Remove(found->second);
}

std::vector<LineageId> LabelJoin::Find(std::string_view key, EventTime asked_at) const {
  std::vector<LineageId> rows;
  const auto found = by_key_.find(std::string(key));
  if (found == by_key_.end()) return rows;
  for (const auto number : found->second) {
    const auto& waiting = rows_.at(number).waiting;
    if (waiting.asked_at == asked_at) rows.push_back(waiting.lineage);
  }
  return rows;
}

std::vector<Waiting> LabelJoin::TakeExpired(EventTime now) {
  std::vector<Waiting> taken;
  while (!by_end_.empty() && by_end_.begin()->first <= now.ms) {
    if (auto row = Remove(by_end_.begin()->second)) taken.push_back(*std::move(row));
  }
  return taken;
}

std::string LabelJoin::Save() const {
  ByteWriter32 out;
  out.Number(kVersion);
  out.Number(static_cast<std::uint64_t>(rows_.size()));
  for (const auto& [number, row] : rows_) {
    const auto& waiting = row.waiting;
    out.Text(row.key);
    out.Fixed(waiting.lineage.bytes());
    out.Fixed({reinterpret_cast<const char*>(waiting.model.bytes().data()), waiting.model.bytes().size()});
    out.Fixed({reinterpret_cast<const char*>(waiting.layout.bytes().data()), waiting.layout.bytes().size()});
    out.Number(waiting.asked_at.ms);
    out.Number(waiting.scored_at.ms);
    out.Number(waiting.give_up.ms);
    out.Number(waiting.score);
    out.Text(EncodeSample(waiting.sample));
  }
  return out.Take();
}

Result<LabelJoin> LabelJoin::Load(std::string_view bytes) {
  ByteReader32 in(bytes);
  LabelJoin join;
  const auto version = in.Number<std::uint8_t>();
  if (version != kVersion && version != kVersion - 1) return Fail(Code::kDataLoss, "waiting labels: unknown version");
  const auto count = in.Number<std::uint64_t>();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    std::string key(in.Text());
    Waiting waiting;
    const auto lineage = in.Fixed(16);
    if (!in.ok()) break;
    waiting.lineage = LineageId::FromBytes(lineage);
    waiting.model = GetDigest(in);
    waiting.layout = GetDigest(in);
    waiting.asked_at.ms = in.Number<std::int64_t>();
    waiting.scored_at.ms = version == 1 ? waiting.asked_at.ms : in.Number<std::int64_t>();
    waiting.give_up.ms = in.Number<std::int64_t>();
    waiting.score = in.Number<double>();
    EDGEWISE_ASSIGN(waiting.sample, DecodeSample(in.Text()));
    join.Add(std::move(key), std::move(waiting));
  }
  if (!in.done()) return Fail(Code::kDataLoss, "waiting labels: damaged");
  return join;
}

}  // namespace edgewise::site
