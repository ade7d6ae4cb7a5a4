#include "base/bytes.h"
#include "site/machine.h"

namespace edgewise::site {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

std::string Machine::Save() const {
  ByteWriter32 out;
  out.Number(kVersion);
  out.Number(now_.ms);
  out.Number(drift_from_.ms);
  for (const auto count : {counts_.records, counts_.scored, counts_.labelled, counts_.never, counts_.quarantined}) out.Number(count);
  const std::map<std::string, std::uint64_t> producers(producers_.begin(), producers_.end());  // in a fixed order
  out.Number(static_cast<std::uint64_t>(producers.size()));
  for (const auto& [producer, sequence] : producers) {
    out.Text(producer);
    out.Number(sequence);
  }
  auto drift = saved_drift_;
  for (const auto& [model, state] : drift_) drift[model.ToString()] = state.drift.Save();
  out.Number(static_cast<std::uint64_t>(drift.size()));
  for (const auto& [model, counts] : drift) {
    out.Text(model);
    out.Text(counts);
  }
  out.Text(state_.Save());
  out.Text(labels_.Save());
  out.Text(disruption_.Save());
  out.Text(insight_.Save());
  return out.Take();
}

Result<void> Machine::Load(std::string_view bytes) {
  ByteReader32 in(bytes);
  if (in.Number<std::uint8_t>() != kVersion)
    return Fail(Code::kFailedPrecondition, "snapshot: unknown version; it is rebuilt from the journal");
  now_.ms = in.Number<std::int64_t>();
  drift_from_.ms = in.Number<std::int64_t>();
  for (auto* count : {&counts_.records, &counts_.scored, &counts_.labelled, &counts_.never, &counts_.quarantined}) {
    *count = in.Number<std::uint64_t>();
  }
  producers_.clear();
  for (auto left = in.Number<std::uint64_t>(); left > 0 && in.ok(); --left) {
    std::string producer(in.Text());
    producers_[std::move(producer)] = in.Number<std::uint64_t>();
  }
  saved_drift_.clear();
  drift_.clear();
  for (auto left = in.Number<std::uint64_t>(); left > 0 && in.ok(); --left) {
    std::string model(in.Text());
    saved_drift_[std::move(model)] = in.Text();
  }
  EDGEWISE_ASSIGN(state_, feature::State::Load(in.Text(), options_.tables));
  EDGEWISE_ASSIGN(labels_, LabelJoin::Load(in.Text()));
  EDGEWISE_ASSIGN(disruption_, detect::Disruption::Load(in.Text(), options_.rules.disruption.options, options_.program.zone()));
  EDGEWISE_ASSIGN(insight_, detect::HourlyInsight::Load(in.Text()));
  if (!in.done()) return Fail(Code::kDataLoss, "snapshot: damaged; it is rebuilt from the journal");
  return {};
}

}  // namespace edgewise::site
