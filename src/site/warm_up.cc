#include "site/warm_up.h"

#include <algorithm>

#include "base/forwarding_files.h"
#include "site/entry.h"
#include "site/journal.h"

namespace edgewise::site {
namespace {

/// Files that can be read; what would write succeeds and does nothing. A journal that is opened on them mends no torn tail: that tail is
/// what the writer is writing just now.
class ReadOnlyFiles final : public ForwardingFiles {
 public:
  using ForwardingFiles::ForwardingFiles;

  class NoFile final : public AppendFile {
   public:
    Result<void> Append(std::string_view) override { return {}; }
    Result<void> Sync() override { return {}; }
    Result<void> Truncate(std::uint64_t) override { return {}; }
    std::uint64_t size() const override { return 0; }
  };
  class NoRandomFile final : public ForwardingRandomFile {
   public:
    using ForwardingRandomFile::ForwardingRandomFile;
    Result<void> WriteAt(std::uint64_t, std::string_view) override { return {}; }
    Result<void> Sync() override { return {}; }
    Result<void> Truncate(std::uint64_t) override { return {}; }
  };
  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path&) override { return std::make_unique<NoFile>(); }
  Result<std::unique_ptr<RandomFile>> OpenRandom(const std::filesystem::path& path, Opening) override {
    EDGEWISE_ASSIGN(auto file, ForwardingFiles::OpenRandom(path, Opening::kExisting));
    return std::make_unique<NoRandomFile>(std::move(file));
  }
  Result<void> CreateDurably(const std::filesystem::path&, std::string_view) override { return {}; }
  Result<void> ReplaceDurably(const std::filesystem::path&, std::string_view) override { return {}; }
  Result<void> Remove(const std::filesystem::path&) override { return {}; }
  Result<void> RemoveDurably(const std::filesystem::path&) override { return {}; }
  Result<void> MakeDirs(const std::filesystem::path&) override { return {}; }
};

}  // namespace

Result<std::uint64_t> WarmUp::CatchUp(const Stop& stop) {
  ReadOnlyFiles files(source_.files);
  EDGEWISE_ASSIGN(const auto journal, Journal::Open(files, source_.journal, {}));
  const auto learn = [&](Position, std::string_view bytes) -> Result<void> {
    if (stop()) return Fail(Code::kCancelled, "the warm-up was called off");
    EDGEWISE_ASSIGN(const auto entry, Decode(bytes));
    const auto* records = std::get_if<RecordsEntry>(&entry);
    return records == nullptr ? Result<void>() : Learn(records->stream, records->lines);
  };
  EDGEWISE_TRY(journal->Replay(Position{learned_}, learn));
  const auto before = std::exchange(learned_, std::max(learned_, static_cast<std::uint64_t>(journal->last())));
  return learned_ - before;
}

Result<void> WarmUp::Learn(const std::string& stream, std::string_view lines) {
  const auto* spec = source_.streams.stream(stream);
  if (spec == nullptr) return {};  // a stream that this site no longer declares
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    EDGEWISE_ASSIGN(const auto record, parser_.Parse(*spec, lines.substr(0, end), feature::RecordParser::Form::kRecord));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    auto& highest = producers_[record.producer];
    if (record.sequence <= highest) continue;
    highest = record.sequence;
    state_.Apply(*spec, record);
  }
  return {};
}

}  // namespace edgewise::site
