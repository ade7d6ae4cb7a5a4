#include <map>

#include "detect/events.h"
#include "site/machine.h"

// How far each model's rows are from those that it learned from.
namespace edgewise::site {

/// The drift counts of a model, with what a snapshot kept of them; nullptr if its card is not known.
Machine::DriftState* Machine::DriftOf(const Digest& model) {
  if (const auto found = drift_.find(model); found != drift_.end()) return &found->second;
  const auto card = options_.card ? options_.card(model) : nullptr;
  if (!card) return nullptr;
  auto program = feature::Program::FromJson(card->program);
  if (!program || card->profile.size() != program->outputs().size()) return nullptr;
  detect::Drift drift(card->profile);
  if (const auto saved = saved_drift_.find(model.ToString()); saved != saved_drift_.end()) {
    if (auto loaded = detect::Drift::Load(saved->second, card->profile)) drift = *std::move(loaded);
    saved_drift_.erase(saved);
  }
  return &drift_.emplace(model, DriftState{*std::move(program), std::move(drift)}).first->second;
}

void Machine::CountDrift(const ScoredEntry& entry) {
  auto* counted = DriftOf(entry.model);
  if (counted == nullptr) return;
  auto& [program, drift] = *counted;
  if (entry.sample.numbers.size() != program.numbers() || entry.sample.categories.size() != program.categories()) return;
  std::vector<float> row(program.outputs().size());
  program.Encode(entry.sample, row);
  drift.Add(row);
}

void Machine::CloseDriftPeriod(EventTime end, Effects& effects) {
  for (const auto& [text, counts] : std::map(saved_drift_)) {  // DriftOf() takes from it
    if (const auto model = Digest::Parse(text)) (void)DriftOf(*model);
  }
  for (auto& [model, state] : drift_) {
    if (state.drift.rows() == 0) continue;
    effects.events.push_back(detect::ToEvent(state.drift.Report(), {drift_from_, end, model.ToString()}, LineageId::Random()));
    state.drift.Clear();
  }
  saved_drift_.clear();
  drift_from_ = end;
}

}  // namespace edgewise::site
