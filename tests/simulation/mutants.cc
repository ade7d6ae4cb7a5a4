#include "mutants.h"

#include <algorithm>
#include <array>

#include "base/forwarding_files.h"

namespace edgewise::simulation {
namespace {

constexpr std::array kMutants = std::to_array<Mutant>({
    {"no-fsync", "syncs of files do nothing"},
    {"no-directory-fsync", "a new or replaced file is not durable"},
    {"failed-sync-trusted", "a sync that failed is taken for done"},
    {"acknowledges-early", "Append answers before it appends"},
    {"no-crc", "records have no checksum"},
    {"no-page-sum", "pages have no sum, so that no flipped bit is mended"},
    {"no-origin", "Append does not say what it was derived from"},
    {"settles-early", "Receive settles what it answers"},
    {"settles-too-much", "Settle takes the next event with it"},
    {"skips-the-head", "Receive leaves the first event out"},
    {"hides-drops", "what was dropped is not counted"},
    {"lost-reply-is-success", "a Put without an answer is taken for done"},
    {"no-dedupe", "a Put whose name is taken goes under another"},
    {"unbounded-retry", "a Put is repeated until it is answered"},
    {"wrong-epoch", "a restored disk goes on in its old life"},
});

std::string_view planted;

class DefectFiles final : public ForwardingFiles {
 public:
  using ForwardingFiles::ForwardingFiles;

  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) override {
    EDGEWISE_ASSIGN(auto file, ForwardingFiles::OpenAppend(path));
    return std::make_unique<DefectAppend>(std::move(file));
  }
  Result<std::unique_ptr<RandomFile>> OpenRandom(const std::filesystem::path& path, Opening opening) override {
    EDGEWISE_ASSIGN(auto file, ForwardingFiles::OpenRandom(path, opening));
    return std::make_unique<DefectRandom>(std::move(file));
  }
  /// Without durability a replaced file is one that was cut off and written over.
  Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view bytes) override {
    if (!Planted("no-directory-fsync")) return ForwardingFiles::ReplaceDurably(path, bytes);
    EDGEWISE_ASSIGN(const auto file, ForwardingFiles::OpenRandom(path, Opening::kMayCreate));
    EDGEWISE_TRY(file->Truncate(0));
    return file->WriteAt(0, bytes);
  }

 private:
  /// How a file's own sync ends, if it is called at all.
  template <class Sync>
  static Result<void> Synced(Sync sync) {
    if (Planted("no-fsync")) return {};
    auto synced = sync();
    return Planted("failed-sync-trusted") ? Result<void>() : synced;
  }
  struct DefectAppend final : File {
    using File::File;
    Result<void> Sync() override {
      return Synced([this] { return File::Sync(); });
    }
  };
  struct DefectRandom final : ForwardingRandomFile {
    using ForwardingRandomFile::ForwardingRandomFile;
    Result<void> WriteAt(std::uint64_t offset, std::string_view bytes) override {
      constexpr std::size_t kPage = 4096, kSum = 8;
      if (!Planted("no-page-sum") || bytes.size() != kPage || offset % kPage != 0) return ForwardingRandomFile::WriteAt(offset, bytes);
      return ForwardingRandomFile::WriteAt(offset, std::string(bytes.substr(0, kPage - kSum)) + std::string(kSum, '\0'));
    }
    Result<void> Sync() override {
      return Synced([this] { return ForwardingRandomFile::Sync(); });
    }
  };
};

class DefectQueue final : public queue::Queue {
 public:
  explicit DefectQueue(queue::Queue& queue) : queue_(queue) {}

  Result<std::vector<event::EventId>> Append(std::span<const event::Event> events, std::optional<queue::Origin> through,
                                             Deadline deadline) override {
    if (Planted("no-origin")) return queue_.Append(events, std::nullopt, deadline);
    if (!Planted("acknowledges-early")) return queue_.Append(events, through, deadline);
    if (late_through_) EDGEWISE_TRY(queue_.Append(late_, late_through_, deadline));
    late_.assign(events.begin(), events.end());
    late_through_ = through;
    return std::vector<event::EventId>();
  }
  Result<queue::Origin> AppendedThrough() override { return queue_.AppendedThrough(); }
  Result<std::vector<queue::Delivery>> Receive(event::Lane lane, std::size_t limit, Deadline deadline) override {
    EDGEWISE_ASSIGN(auto deliveries, queue_.Receive(lane, limit, deadline));
    if (Planted("skips-the-head") && deliveries.size() > 1) deliveries.erase(deliveries.begin());
    if (!Planted("settles-early")) return deliveries;
    std::vector<queue::Receipt> receipts;
    for (const auto& delivery : deliveries) receipts.push_back(delivery.receipt);
    EDGEWISE_TRY(queue_.Settle(receipts, deadline));
    return deliveries;
  }
  Result<void> Settle(std::span<const queue::Receipt> receipts, Deadline deadline) override {
    std::vector<queue::Receipt> all(receipts.begin(), receipts.end());
    if (Planted("settles-too-much") && !all.empty()) {
      auto next = event::EventId::Parse(all.back().value).value();
      ++next.sequence;
      all.push_back({next.ToString()});
    }
    return queue_.Settle(all, deadline);
  }
  Result<void> SetAside(const queue::Receipt& receipt, std::string_view reason, Deadline deadline) override {
    return queue_.SetAside(receipt, reason, deadline);
  }
  Result<std::vector<queue::LaneDepth>> Depths() override {
    EDGEWISE_ASSIGN(auto depths, queue_.Depths());
    if (Planted("hides-drops")) std::ranges::for_each(depths, [](auto& depth) { depth.dropped = 0; });
    return depths;
  }

 private:
  queue::Queue& queue_;
  std::vector<event::Event> late_;
  std::optional<queue::Origin> late_through_;
};

class DefectStore final : public store::Store {
 public:
  explicit DefectStore(store::Store& store) : store_(store) {}

  Result<void> Put(std::string_view name, const event::Permitted<std::string>& bytes, Deadline deadline) override {
    auto put = store_.Put(name, bytes, deadline);
    if (Planted("lost-reply-is-success") && !put && put.error().code != Code::kAlreadyExists) return {};
    for (int i = 0; Planted("unbounded-retry") && !put && put.error().code != Code::kAlreadyExists && i < 1000; ++i)
      put = store_.Put(name, bytes, deadline);
    if (Planted("no-dedupe") && !put && put.error().code == Code::kAlreadyExists) {
      const auto end = name.find('.');
      return store_.Put(std::string(name.substr(0, end)) + "-again" + std::string(name.substr(end)), bytes, deadline);
    }
    return put;
  }
  Result<std::string> Get(std::string_view name, Deadline deadline) override { return store_.Get(name, deadline); }
  Result<std::vector<std::string>> List(std::string_view prefix, std::string_view after, std::size_t limit, Deadline deadline) override {
    return store_.List(prefix, after, limit, deadline);
  }
  Result<std::vector<std::string>> Folders(std::string_view folder, Deadline deadline) override { return store_.Folders(folder, deadline); }

 private:
  store::Store& store_;
};

}  // namespace

std::span<const Mutant> Mutants() { return kMutants; }

bool Plant(std::string_view name) {
  const auto known = std::ranges::find(kMutants, name, &Mutant::name);
  planted = known == kMutants.end() ? std::string_view() : known->name;
  return name.empty() || known != kMutants.end();
}

bool Planted(std::string_view name) { return planted == name; }

std::unique_ptr<Files> WithDefect(Files& files) { return std::make_unique<DefectFiles>(files); }
std::unique_ptr<queue::Queue> WithDefect(queue::Queue& queue) { return std::make_unique<DefectQueue>(queue); }
std::unique_ptr<store::Store> WithDefect(store::Store& store) { return std::make_unique<DefectStore>(store); }

}  // namespace edgewise::simulation
