#include "storage.h"

namespace edgewise::bench {
namespace {

constexpr std::size_t kEntryBytes = 512;  // about a scored row with its request
constexpr std::size_t kGroup = 256;

}  // namespace

StorageBench::StorageBench() : entry_(kEntryBytes, 'e') {
  event_.type = event::kSampleV1;
  event_.time = EventTime{1'356'998'400'000};
  event_.data = R"({"n":")" + std::string(kEntryBytes, '1') + R"("})";
}

Result<std::unique_ptr<StorageBench>> StorageBench::Make(Files& files, const std::filesystem::path& folder) {
  std::unique_ptr<StorageBench> bench(new StorageBench);
  EDGEWISE_ASSIGN(bench->raw_, files.OpenAppend(folder / "raw"));
  EDGEWISE_TRY(files.MakeDirs(folder / "journal"));
  EDGEWISE_ASSIGN(bench->journal_, site::Journal::Open(files, folder / "journal", {}));
  EDGEWISE_ASSIGN(bench->queue_, queue::SqliteQueue::Open(folder / "queue.db", {.site = "EWR"}));
  return bench;
}

Result<std::uint64_t> StorageBench::SyncRaw() {
  EDGEWISE_TRY(raw_->Append(entry_));
  EDGEWISE_TRY(raw_->Sync());
  return 1;
}

Result<std::uint64_t> StorageBench::WriteJournal(std::size_t entries) {
  EDGEWISE_TRY(journal_->Write(std::vector<std::string>(entries, entry_)));
  EDGEWISE_TRY(journal_->Sync());
  return entries;
}

Result<std::uint64_t> StorageBench::AppendEvents(std::size_t events) {
  const std::vector<event::Event> batch(events, event_);
  EDGEWISE_ASSIGN(const auto ids, queue_->Append(batch, queue::Origin{++through_}, Deadline::After(std::chrono::seconds(30))));
  return ids.size();
}

std::vector<Series> StorageBench::series() {
  const std::string group = "durable on this disk";
  return {{group, "512 bytes + fdatasync", "records", [this] { return SyncRaw(); }, {}},
          {group, "journal, 1 entry to a sync", "records", [this] { return WriteJournal(1); }, {}},
          {group, "journal, 256 to a sync", "records", [this] { return WriteJournal(kGroup); }, {}},
          {group, "queue, 1 event to a commit", "events", [this] { return AppendEvents(1); }, {}},
          {group, "queue, 256 to a commit", "events", [this] { return AppendEvents(kGroup); }, {}}};
}

}  // namespace edgewise::bench
