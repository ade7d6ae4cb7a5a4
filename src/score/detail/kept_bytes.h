#pragma once

#include <cstddef>

namespace edgewise::score::detail {

/// What a buffer of a call may keep for the next one: calls that came at once, and were large, leave no more behind.
inline constexpr std::size_t kKeptBytes = 64u << 10;

/// Frees a buffer that keeps more. (`buffer = {}` would not: it empties, and keeps.)
template <class Buffer>
void GiveBack(Buffer& buffer, std::size_t kept = kKeptBytes) {
  if (buffer.capacity() * sizeof(typename Buffer::value_type) > kept) Buffer().swap(buffer);
}

}  // namespace edgewise::score::detail
