#include "site/journal.h"

#include <fmt/format.h>
#include <zlib.h>

#include <charconv>
#include <cstring>

namespace edgewise::site {
namespace {

constexpr std::string_view kMagic = "EDGEWJ1\n";
constexpr std::size_t kFrameHeader = 8;  // length, CRC-32 of the payload, both little-endian
constexpr std::uint32_t kMaxEntry = 80u << 20;

std::uint32_t Checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

void PutWord(std::string& out, std::uint32_t word) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(word >> shift);
}

std::uint32_t GetWord(std::string_view bytes) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) word |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return word;
}

struct Frame {
  enum class Kind { kWhole, kDamaged, kTorn } kind;
  std::string_view payload;
};

/// The frame at the front of `bytes`; kTorn when it does not end inside.
Frame ReadFrame(std::string_view bytes) {
  if (bytes.size() < kFrameHeader) return {Frame::Kind::kTorn, {}};
  const std::uint32_t size = GetWord(bytes);
  if (size > kMaxEntry || bytes.size() - kFrameHeader < size) return {Frame::Kind::kTorn, {}};
  const auto payload = bytes.substr(kFrameHeader, size);
  const bool whole = GetWord(bytes.substr(4)) == Checksum(payload);
  return {whole ? Frame::Kind::kWhole : Frame::Kind::kDamaged, payload};
}

}  // namespace

std::filesystem::path Journal::SegmentPath(std::uint64_t first) const { return folder_ / fmt::format("journal-{:016}.log", first); }

Result<std::unique_ptr<Journal>> Journal::Open(Files& files, const std::filesystem::path& folder, Options options) {
  EDGEWISE_TRY(files.MakeDirs(folder));
  EDGEWISE_ASSIGN(const auto names, files.List(folder));
  auto journal = std::unique_ptr<Journal>(new Journal(files, folder, options));
  for (const std::string& name : names) {
    std::uint64_t first = 0;
    if (name.starts_with("journal-") && std::from_chars(name.data() + 8, name.data() + name.size(), first).ec == std::errc())
      journal->segments_.push_back(first);
  }
  EDGEWISE_TRY(journal->segments_.empty() ? journal->StartSegment() : journal->OpenLastSegment());
  return journal;
}

Result<void> Journal::StartSegment() {
  EDGEWISE_ASSIGN(file_, files_.OpenAppend(SegmentPath(next_)));
  EDGEWISE_TRY(file_->Append(kMagic));
  EDGEWISE_TRY(file_->Sync());
  segments_.push_back(next_);
  return {};
}

// Only the last segment can have a torn tail: the others were synced before their successor was made.
Result<void> Journal::OpenLastSegment() {
  const auto path = SegmentPath(segments_.back());
  EDGEWISE_ASSIGN(const std::string bytes, files_.Read(path));
  next_ = segments_.back();
  EDGEWISE_ASSIGN(file_, files_.OpenAppend(path));
  if (kMagic.starts_with(bytes)) {  // cut while the segment was being made
    EDGEWISE_TRY(file_->Truncate(0));
    EDGEWISE_TRY(file_->Append(kMagic));
    return file_->Sync();
  }
  if (!bytes.starts_with(kMagic))
    return Fail(Code::kFailedPrecondition, path.string() + " is not a journal of this version; move it away, or upgrade edgewise");

  std::size_t at = kMagic.size();
  for (std::string_view rest(bytes); at < bytes.size();) {
    const Frame frame = ReadFrame(rest.substr(at));
    const bool at_end = frame.kind == Frame::Kind::kDamaged && at + kFrameHeader + frame.payload.size() == bytes.size();
    if (frame.kind == Frame::Kind::kTorn || at_end) break;
    at += kFrameHeader + frame.payload.size();
    ++next_;
  }
  if (at < bytes.size()) EDGEWISE_TRY(file_->Truncate(at));
  return {};
}

Result<Position> Journal::Write(const std::vector<std::string>& entries) {
  if (broken_) return Fail(Code::kUnavailable, "the record journal failed before; it must be opened again");
  std::string frames;
  for (const std::string& entry : entries) {
    PutWord(frames, static_cast<std::uint32_t>(entry.size()));
    PutWord(frames, Checksum(entry));
    frames += entry;
  }
  broken_ = true;
  if (file_->size() > options_.segment_bytes) {
    EDGEWISE_TRY(file_->Sync());
    EDGEWISE_TRY(StartSegment());
  }
  const std::uint64_t good = file_->size();
  if (auto written = file_->Append(frames); !written) {
    (void)file_->Truncate(good);  // best effort: a tail that stays is cut by its checksum at the next Open()
    return std::unexpected(written.error());
  }
  broken_ = false;
  next_ += entries.size();
  return last();
}

Result<void> Journal::Sync() {
  if (broken_) return Fail(Code::kUnavailable, "the record journal failed before; it must be opened again");
  broken_ = true;
  EDGEWISE_TRY(file_->Sync());
  broken_ = false;
  return {};
}

Result<void> Journal::Replay(Position after, const Visitor& visit) const {
  const auto from = static_cast<std::uint64_t>(after) + 1;
  const std::uint64_t end = next_;
  damaged_ = 0;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (i + 1 < segments_.size() && segments_[i + 1] <= from) continue;
    EDGEWISE_ASSIGN(const std::string bytes, files_.Read(SegmentPath(segments_[i])));
    std::uint64_t position = segments_[i];
    for (std::size_t at = kMagic.size(); at < bytes.size() && position < end; ++position) {
      const Frame frame = ReadFrame(std::string_view(bytes).substr(at));
      if (frame.kind == Frame::Kind::kTorn) break;
      at += kFrameHeader + frame.payload.size();
      if (position < from) continue;
      if (frame.kind == Frame::Kind::kDamaged)
        ++damaged_;
      else
        EDGEWISE_TRY(visit(Position{position}, frame.payload));
    }
  }
  return {};
}

}  // namespace edgewise::site
