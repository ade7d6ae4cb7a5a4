#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace edgewise::site {

/// Bytes of the largest entry that a journal takes.
inline constexpr std::size_t kMaxEntry = 80u << 20;

/// Writes the bytes of one segment of format 2 (docs/formats/journal.md). The mark is kept secret from whoever writes payloads.
class SegmentWriter {
 public:
  explicit SegmentWriter(std::uint32_t mark);
  std::string Head() const;
  void AddFrame(std::string& out, std::uint64_t position, std::string_view payload) const;

 private:
  std::uint32_t mark_;
  std::uint32_t seed_;  // of the checksums of frame heads
};

/// Reads the bytes of one segment, format 2 or 1: its whole entries in order, whatever is damaged between them.
/// Lifecycle: Open(), Next() until it gives nothing, then next_position() and kept(). The bytes are borrowed. Cost: one pass, but for
/// damage, behind which each byte may be the next frame's first.
class SegmentReader {
 public:
  struct Entry {
    std::uint64_t position = 0;
    std::string_view payload;
  };

  /// `first` is the position in the segment's name. A segment that was cut while its head was being written has no entries and no writer().
  /// Errors: kFailedPrecondition (no format that this reader knows).
  static Result<SegmentReader> Open(std::string_view bytes, std::uint64_t first);

  std::optional<Entry> Next();
  /// After the last Next(): what the next entry behind this segment is called, and how many bytes are left without a torn tail.
  std::uint64_t next_position() const { return next_; }
  std::size_t kept() const { return at_; }
  /// Continues this segment; nothing without a head, or for format 1, which is not written any more.
  std::optional<SegmentWriter> writer() const;

 private:
  struct FrameHead;
  SegmentReader(std::string_view bytes, std::uint64_t first, std::size_t at, std::optional<std::uint32_t> mark);
  std::optional<FrameHead> HeadAt(std::size_t at, std::uint64_t least, std::uint64_t most) const;
  void Resynchronise();
  std::optional<Entry> NextOfFormat1();

  std::string_view bytes_;
  std::uint64_t next_;
  std::size_t at_;
  std::optional<std::uint32_t> mark_;  // of format 2
  std::uint32_t seed_ = 0;
};

}  // namespace edgewise::site
