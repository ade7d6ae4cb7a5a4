#include "site/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <random>

#include "base/log.h"

namespace edgewise::site {
namespace {

constexpr std::string_view kPrefix = "journal-";

std::string SegmentName(std::uint64_t first) { return fmt::format("{}{:016}.log", kPrefix, first); }

std::unexpected<Error> Broken() { return Fail(Code::kUnavailable, "the record journal failed before; it must be opened again"); }

Result<SegmentReader> ReadSegment(const std::filesystem::path& path, std::string_view bytes, std::uint64_t first) {
  auto reader = SegmentReader::Open(bytes, first);
  if (!reader) return Fail(reader.error().code, path.string() + ": " + reader.error().message);
  return reader;
}

}  // namespace

std::filesystem::path SegmentPath(const std::filesystem::path& folder, std::uint64_t first) { return folder / SegmentName(first); }

Result<std::vector<std::uint64_t>> ListSegments(Files& files, const std::filesystem::path& folder) {
  EDGEWISE_ASSIGN(const auto names, files.List(folder));
  std::vector<std::uint64_t> segments;
  for (const std::string& name : names) {
    std::uint64_t first = 0;
    if (!name.starts_with(kPrefix)) continue;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), first);
    if (first > 0 && name == SegmentName(first)) segments.push_back(first);
  }
  return segments;
}

Position Journal::last() const {
  const std::lock_guard lock(mutex_);
  return Position{next_ - 1};
}

Result<std::unique_ptr<Journal>> Journal::Open(Files& files, const std::filesystem::path& folder, Options options) {
  EDGEWISE_TRY(files.MakeDirs(folder));
  auto journal = std::unique_ptr<Journal>(new Journal(files, folder, options));
  EDGEWISE_ASSIGN(journal->segments_, ListSegments(files, folder));
  EDGEWISE_TRY(journal->segments_.empty() ? journal->StartSegment() : journal->OpenLastSegment());
  return journal;
}

/// A segment for next_; one that holds nothing yet is started over.
Result<void> Journal::StartSegment() {
  segment_.emplace(std::random_device()());
  EDGEWISE_ASSIGN(file_, files_.OpenAppend(PathOf(next_)));
  if (file_->size() > 0) EDGEWISE_TRY(file_->Truncate(0));
  EDGEWISE_TRY(file_->Append(segment_->Head()));
  EDGEWISE_TRY(file_->Sync());
  synced_ = file_->size();
  const std::lock_guard lock(mutex_);
  if (segments_.empty() || segments_.back() != next_) segments_.push_back(next_);
  return {};
}

// Only the last segment can have a torn tail: the others were synced before their successor was made.
Result<void> Journal::OpenLastSegment() {
  const auto first = segments_.back();
  const auto path = PathOf(first);
  EDGEWISE_ASSIGN(const std::string bytes, files_.Read(path));
  EDGEWISE_ASSIGN(auto reader, ReadSegment(path, bytes, first));
  while (reader.Next()) {
  }
  next_ = reader.next_position();
  segment_ = reader.writer();
  if (!segment_) return StartSegment();  // its head was not finished, or it has the format before and stays as it is
  // A process that was killed may have left entries that no sync has seen, or that one has failed for: these are readable and never reach
  // the disk by a sync alone (files.h). What is derived from them must not outlive them, so they are written again.
  EDGEWISE_ASSIGN(const auto again, files_.OpenRandom(path, Files::Opening::kExisting));
  EDGEWISE_TRY(again->WriteAt(0, std::string_view(bytes).substr(0, reader.kept())));
  EDGEWISE_TRY(again->Sync());
  EDGEWISE_ASSIGN(file_, files_.OpenAppend(path));
  if (reader.kept() < bytes.size()) EDGEWISE_TRY(file_->Truncate(reader.kept()));
  synced_ = file_->size();
  return {};
}

Result<Position> Journal::Write(const std::vector<std::string>& entries) {
  if (broken_) return Broken();
  for (const std::string& entry : entries) {
    if (entry.size() > kMaxEntry)
      return Fail(Code::kInvalidArgument, fmt::format("a journal entry of {} bytes; at most {}", entry.size(), kMaxEntry));
  }
  broken_ = true;
  if (file_->size() > options_.segment_bytes) {
    EDGEWISE_TRY(file_->Sync());
    EDGEWISE_TRY(StartSegment());
  }
  std::string frames;
  std::uint64_t position = next_;  // this thread alone changes it
  for (const std::string& entry : entries) segment_->AddFrame(frames, position++, entry);
  const std::uint64_t good = file_->size();
  if (auto written = file_->Append(frames); !written) {
    (void)file_->Truncate(good);  // best effort: a torn tail that stays is cut at the next Open()
    return std::unexpected(written.error());
  }
  broken_ = false;
  const std::lock_guard lock(mutex_);
  next_ = position;
  return Position{next_ - 1};
}

/// After a failed sync nobody knows which bytes the disk has, and a second sync would say "all" (fsync(2)): what was not synced before
/// goes.
Result<void> Journal::Sync() {
  if (broken_) return Broken();
  broken_ = true;
  if (auto synced = file_->Sync(); !synced) {
    (void)file_->Truncate(synced_);  // best effort, as above
    return synced;
  }
  synced_ = file_->size();
  broken_ = false;
  return {};
}

Result<void> Journal::SkipBehind(Position position) {
  if (broken_) return Broken();
  if (position <= last()) return {};
  log::Warn("{}: {} entries are missing at the end; going on behind them", folder_.string(),
            static_cast<std::uint64_t>(position) - static_cast<std::uint64_t>(last()));
  {
    const std::lock_guard lock(mutex_);
    next_ = static_cast<std::uint64_t>(position) + 1;
  }
  return StartSegment();
}

Result<std::uint64_t> Journal::Replay(Position after, const Visitor& visit) const {
  std::unique_lock lock(mutex_);
  const auto segments = segments_;
  const std::uint64_t end = next_;
  lock.unlock();

  const auto from = static_cast<std::uint64_t>(after) + 1;
  std::uint64_t due = std::min(from, end);  // the first position that was neither visited nor given up
  std::uint64_t lost = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::uint64_t behind = i + 1 < segments.size() ? segments[i + 1] : end;
    if (behind <= due) continue;
    const auto path = PathOf(segments[i]);
    EDGEWISE_ASSIGN(const std::string bytes, files_.Read(path));
    EDGEWISE_ASSIGN(auto reader, ReadSegment(path, bytes, segments[i]));
    std::uint64_t read = 0;
    const auto owed = behind - due;
    for (auto entry = reader.Next(); entry && entry->position < behind; entry = reader.Next()) {
      if (entry->position < due) continue;
      EDGEWISE_TRY(visit(Position{entry->position}, entry->payload));
      ++read;
    }
    if (read < owed) log::Warn("{}: {} entries cannot be read; the others are", path.string(), owed - read);
    lost += owed - read;
    due = behind;
  }
  return lost;
}

}  // namespace edgewise::site
