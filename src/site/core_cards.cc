// The cards of models that scored: kept beside the site's other files, for a replay of its journal.

#include "base/log.h"
#include "site/core.h"

namespace edgewise::site {
namespace {

std::filesystem::path CardFile(const std::filesystem::path& site, const Digest& model) { return site / "cards" / (model.Hex() + ".json"); }

}  // namespace

/// After a restart the journal is replayed before any model is live again, and rows of a model that is long gone may come: cards stay.
std::shared_ptr<const train::ModelCard> Core::CardOf(const Digest& model) {
  const std::lock_guard lock(cards_mutex_);
  const auto found = cards_.find(model);
  if (found != cards_.end()) return found->second;
  const auto kept = files_.Read(CardFile(options_.folder, model));
  auto card = kept ? train::CardFromJson(*kept) : Result<train::ModelCard>(std::unexpected(kept.error()));
  if (!card) return nullptr;
  return cards_[model] = std::make_shared<const train::ModelCard>(*std::move(card));
}

void Core::Know(const Digest& model, std::shared_ptr<const train::ModelCard> card) {
  if (CardOf(model) != nullptr) return;
  const auto file = CardFile(options_.folder, model);
  auto kept = files_.MakeDirs(file.parent_path());
  if (kept) kept = files_.ReplaceDurably(file, train::ToJson(*card));
  if (!kept) log::Warn("site {}: after a restart the drift of a model will not be counted: {}", options_.name, kept.error().message);
  const std::lock_guard lock(cards_mutex_);
  cards_[model] = std::move(card);
}

}  // namespace edgewise::site
