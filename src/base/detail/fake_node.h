#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace edgewise::detail {

/// The bytes of a file on a fake disk, whatever its names are: what readers see, what the disk has, and the changes in between.
/// Threads: one at a time.
class FakeNode {
 public:
  FakeNode() = default;
  explicit FakeNode(std::string_view synced) : bytes_(synced), durable_(synced) {}

  const std::string& bytes() const { return bytes_; }
  const std::string& durable() const { return durable_; }
  void Write(std::uint64_t offset, std::string_view bytes);  ///< Between the end and `offset` there are zeros then.
  void Truncate(std::uint64_t size);
  void Sync();
  /// A sync failed: readers still see the changes since the last one, and no later sync brings them to the disk.
  void Forget() { unsynced_.clear(); }
  void Flip(std::uint64_t at, unsigned bit);  ///< For readers and on the disk.
  /// The first `survivors` bytes that were written since the last sync reach the disk, up to the first truncation.
  void PowerCut(std::size_t survivors);
  /// Any of the changes since the last sync reach the disk, of a write any of its sectors.
  void PowerCut(std::mt19937_64& random);

 private:
  struct Change {
    std::uint64_t offset = 0;  // or the size, of a truncation
    std::string bytes;
    bool truncates = false;
  };

  std::string bytes_;
  std::string durable_;
  std::vector<Change> unsynced_;
};

}  // namespace edgewise::detail
