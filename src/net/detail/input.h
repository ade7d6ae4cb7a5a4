#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace edgewise::net::detail {

/// A piece of memory that a connection reads into.
struct Block {
  std::unique_ptr<char[]> bytes;
  std::size_t size = 0;
};

/// The blocks that no connection of an I/O thread needs at the moment. A connection has one only while bytes of a request lie in it, so the
/// same few are used again and again, and idle connections cost no buffer.
class Blocks {
 public:
  Block Take();
  void Give(Block block);

 private:
  std::vector<Block> free_;
};

/// The bytes of a connection that are not handled yet, contiguous. They move only inside Room(). I/O thread only.
class Input {
 public:
  explicit Input(Blocks& blocks) : blocks_(blocks) {}
  ~Input() { Consume(size()); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  char* data() { return block_.bytes.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  /// Where the next bytes go; never empty. `wanted`: how many bytes the present request will have, 0 when unknown.
  std::span<char> Room(std::size_t wanted);
  void Commit(std::size_t count) { end_ += count; }
  /// Forgets the first `count` bytes.
  void Consume(std::size_t count);
  /// Takes out the bytes from `at` to before `until`; what follows moves down.
  void Cut(std::size_t at, std::size_t until);

 private:
  Blocks& blocks_;  // of the thread, which outlives its connections
  Block block_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace edgewise::net::detail
