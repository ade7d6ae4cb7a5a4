#include "site/core.h"

#include "base/log.h"

namespace edgewise::site {
namespace {

constexpr std::size_t kReplayChunk = 5000;  // entries whose effects are put together

std::filesystem::path CardFile(const std::filesystem::path& site, const Digest& model) { return site / "cards" / (model.Hex() + ".json"); }

}  // namespace

Result<std::unique_ptr<Core>> Core::Open(const Site::Options& options, Files& files, queue::Queue& queue) {
  std::unique_ptr<Core> core(new Core(options, files, queue));  // private constructor
  EDGEWISE_TRY(core->OpenParts());
  return core;
}

Machine::Options Core::MachineOptions() {
  return {options_.rules, options_.program, options_.tables, [this](const Digest& model) { return CardOf(model); }};
}

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

Result<void> Core::OpenParts() {
  EDGEWISE_TRY(files_.MakeDirs(options_.folder));
  EDGEWISE_ASSIGN(journal_, Journal::Open(files_, options_.folder / "journal", {}));
  EDGEWISE_ASSIGN(log_, ScoreLog::Open(options_.folder / "scores.db"));
  machine_ = std::make_unique<Machine>(MachineOptions());
  EDGEWISE_ASSIGN(const auto position, LoadSnapshot());
  EDGEWISE_TRY(Replay(position));
  since_snapshot_ = 0;
  ++life_;
  committer_ = std::make_unique<Committer>(Committer::Parts{*journal_, queue_, *log_, files_, options_.folder / "snapshot.bin"});
  return {};
}

/// The position of the snapshot that was loaded; 0 without a usable one: then the whole journal is replayed.
Result<std::uint64_t> Core::LoadSnapshot() {
  const auto bytes = files_.Read(options_.folder / "snapshot.bin");
  if (!bytes) return bytes.error().code == Code::kNotFound ? Result<std::uint64_t>(0) : std::unexpected(bytes.error());
  auto snapshot = DecodeSnapshot(*bytes);
  if (snapshot && snapshot->position > static_cast<std::uint64_t>(journal_->last())) {
    return Fail(
        Code::kDataLoss,
        "the snapshot is ahead of the journal: journal files are missing; bring them back, or remove the site's folder to start over");
  }
  if (snapshot) {
    if (const auto loaded = machine_->Load(snapshot->machine); loaded) return snapshot->position;
    machine_ = std::make_unique<Machine>(MachineOptions());
  }
  log::Warn("site {}: the snapshot is not usable; rebuilding from the journal", options_.name);
  return 0;
}

Result<void> Core::Replay(std::uint64_t after) {
  std::vector<std::pair<std::uint64_t, Effects>> chunk;
  const auto put = [&]() -> Result<void> {
    std::vector<std::pair<std::uint64_t, const Effects*>> effects;
    for (const auto& [position, some] : chunk) effects.emplace_back(position, &some);
    EDGEWISE_TRY(PutEffects(effects, queue_, *log_));
    chunk.clear();
    return {};
  };
  const auto apply = [&](Position position, std::string_view bytes) -> Result<void> {
    EDGEWISE_ASSIGN(const auto entry, Decode(bytes));
    Effects effects;
    EDGEWISE_TRY(machine_->Apply(entry, effects));
    chunk.emplace_back(static_cast<std::uint64_t>(position), std::move(effects));
    return chunk.size() < kReplayChunk ? Result<void>() : put();
  };
  EDGEWISE_TRY(journal_->Replay(Position{after}, apply));
  return put();
}

void Core::Take(const Entry& entry, std::function<void(Result<void>)> done) {
  Change change{Encode(entry), {}, std::move(done)};
  if (auto applied = machine_->Apply(entry, change.effects); !applied) return change.done(std::move(applied));
  committer_->Add(std::move(change));
  if (++since_snapshot_ >= options_.snapshot_every) Snapshot();
}

void Core::Snapshot() {
  committer_->AddSnapshot(machine_->Save());
  since_snapshot_ = 0;
}

Result<void> Core::Warm(const feature::Program& program) {
  auto fresh = machine_->features().Missing(program);
  if (fresh.Save() != feature::State(options_.tables).Save()) {
    EDGEWISE_TRY(Drain(Deadline::After(std::chrono::minutes(1))));
    const auto teach = [&](Position, std::string_view bytes) -> Result<void> {
      EDGEWISE_ASSIGN(const auto entry, Decode(bytes));
      const auto* records = std::get_if<RecordsEntry>(&entry);
      return records == nullptr ? Result<void>() : machine_->Teach(*records, fresh);
    };
    EDGEWISE_TRY(journal_->Replay(Position{0}, teach));
    machine_->features().Adopt(std::move(fresh));
  }
  machine_->features().Add(program);
  return {};
}

Result<void> Core::RecoverIfBroken() {
  if (committer_ && !committer_->broken()) return {};
  committer_.reset();
  log_.reset();
  journal_.reset();
  EDGEWISE_TRY(OpenParts());
  log::Info("site {}: writing again", options_.name);
  return {};
}

}  // namespace edgewise::site
