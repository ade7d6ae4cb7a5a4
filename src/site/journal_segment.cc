#include "site/journal_segment.h"

#include <zlib.h>

#include <bit>
#include <cstring>

namespace edgewise::site {
namespace {

static_assert(std::endian::native == std::endian::little, "the journal's numbers are little-endian");

constexpr std::string_view kMagic = "EDGEWJ2\n";
constexpr std::string_view kMagic1 = "EDGEWJ1\n";
constexpr std::size_t kHalfHead = 16;  // magic, mark, checksum; written twice, so that no single fault makes a segment unreadable
constexpr std::size_t kSegmentHead = 2 * kHalfHead;
constexpr std::size_t kFrameHead = 20;  // length, checksum of the payload, position, checksum of this head
constexpr std::size_t kFrameHead1 = 8;  // length, checksum of the payload

std::uint32_t Checksum(std::string_view bytes, std::uint32_t seed = 0) {
  return static_cast<std::uint32_t>(crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

template <class T>
char* Put(char* at, T number) {
  std::memcpy(at, &number, sizeof number);
  return at + sizeof number;
}

template <class T>
T Get(std::string_view bytes, std::size_t at) {
  T number;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

std::string MagicAndMark(std::uint32_t mark) {
  std::string bytes(kMagic);
  return bytes.append(reinterpret_cast<const char*>(&mark), sizeof mark);
}

/// The mark in half a segment head, if that half is whole.
std::optional<std::uint32_t> MarkIn(std::string_view half) {
  const auto checked = half.substr(0, kHalfHead - sizeof(std::uint32_t));
  if (half.size() < kHalfHead || !half.starts_with(kMagic) || Get<std::uint32_t>(half, checked.size()) != Checksum(checked))
    return std::nullopt;
  return Get<std::uint32_t>(half, kMagic.size());
}

/// True if the head was being written when a crash came; no entry was.
bool IsUnfinished(std::string_view bytes) {
  if (bytes.size() < kMagic.size()) return kMagic.starts_with(bytes) || kMagic1.starts_with(bytes);
  return bytes.size() < kSegmentHead && bytes.starts_with(kMagic);
}

}  // namespace

SegmentWriter::SegmentWriter(std::uint32_t mark) : mark_(mark), seed_(Checksum(MagicAndMark(mark))) {}

std::string SegmentWriter::Head() const {
  std::string half = MagicAndMark(mark_);
  half.append(reinterpret_cast<const char*>(&seed_), sizeof seed_);
  return half + half;
}

void SegmentWriter::AddFrame(std::string& out, std::uint64_t position, std::string_view payload) const {
  char head[kFrameHead];
  char* at = Put(head, static_cast<std::uint32_t>(payload.size()));
  at = Put(at, Checksum(payload));
  at = Put(at, position);
  Put(at, Checksum({head, kFrameHead - sizeof(std::uint32_t)}, seed_));
  out.append(head, kFrameHead);
  out.append(payload);
}

struct SegmentReader::FrameHead {
  std::uint32_t length = 0;
  std::uint32_t checksum = 0;
  std::uint64_t position = 0;
};

SegmentReader::SegmentReader(std::string_view bytes, std::uint64_t first, std::size_t at, std::optional<std::uint32_t> mark)
    : bytes_(bytes), next_(first), at_(at), mark_(mark), seed_(mark ? Checksum(MagicAndMark(*mark)) : 0) {}

Result<SegmentReader> SegmentReader::Open(std::string_view bytes, std::uint64_t first) {
  if (IsUnfinished(bytes)) return SegmentReader(bytes, first, bytes.size(), std::nullopt);
  auto mark = MarkIn(bytes.substr(0, kHalfHead));
  if (!mark && bytes.size() >= kSegmentHead) mark = MarkIn(bytes.substr(kHalfHead, kHalfHead));
  if (mark) return SegmentReader(bytes, first, kSegmentHead, mark);
  if (bytes.starts_with(kMagic1)) return SegmentReader(bytes, first, kMagic1.size(), std::nullopt);
  return Fail(Code::kFailedPrecondition, "not a journal of a version that this edgewise knows; move it away, or upgrade edgewise");
}

std::optional<SegmentWriter> SegmentReader::writer() const { return mark_ ? std::optional(SegmentWriter(*mark_)) : std::nullopt; }

/// The frame head at `at`, if one is there with a position from `least` to `most`. The cheap test is first: Resynchronise() asks for every
/// byte.
std::optional<SegmentReader::FrameHead> SegmentReader::HeadAt(std::size_t at, std::uint64_t least, std::uint64_t most) const {
  const auto head = bytes_.substr(at, kFrameHead);
  const auto position = Get<std::uint64_t>(head, 8);
  if (position < least || position > most) return std::nullopt;
  const auto checked = head.substr(0, kFrameHead - sizeof(std::uint32_t));
  if (Get<std::uint32_t>(head, checked.size()) != Checksum(checked, seed_)) return std::nullopt;
  return FrameHead{Get<std::uint32_t>(head, 0), Get<std::uint32_t>(head, 4), position};
}

std::optional<SegmentReader::Entry> SegmentReader::Next() {
  if (!mark_) return NextOfFormat1();
  while (bytes_.size() >= at_ + kFrameHead) {
    const auto head = HeadAt(at_, next_, next_);
    if (!head) {
      Resynchronise();
      continue;
    }
    if (bytes_.size() - at_ - kFrameHead < head->length) return std::nullopt;
    const auto payload = bytes_.substr(at_ + kFrameHead, head->length);
    at_ += kFrameHead + payload.size();
    ++next_;
    if (Checksum(payload) == head->checksum) return Entry{next_ - 1, payload};
  }
  return std::nullopt;
}

/// From a place where no frame head is to the next one, or to the end. A frame head's room for each entry in between keeps chance away.
void SegmentReader::Resynchronise() {
  for (std::size_t at = at_ + kFrameHead; at + kFrameHead <= bytes_.size(); ++at) {
    const std::uint64_t room = (at - at_) / kFrameHead;
    if (const auto head = HeadAt(at, next_ + 1, next_ + room)) {
      at_ = at;
      next_ = head->position;
      return;
    }
  }
  at_ = bytes_.size();
  ++next_;
}

std::optional<SegmentReader::Entry> SegmentReader::NextOfFormat1() {
  while (bytes_.size() >= at_ + kFrameHead1) {
    const auto length = Get<std::uint32_t>(bytes_, at_);
    if (length > kMaxEntry || bytes_.size() - at_ - kFrameHead1 < length) return std::nullopt;
    const auto checksum = Get<std::uint32_t>(bytes_, at_ + 4);
    const auto payload = bytes_.substr(at_ + kFrameHead1, length);
    at_ += kFrameHead1 + length;
    ++next_;
    if (Checksum(payload) == checksum) return Entry{next_ - 1, payload};
  }
  return std::nullopt;
}

}  // namespace edgewise::site
