#pragma once

#include <cstdint>
#include <string_view>

#include "event/event.h"

namespace edgewise::queue::detail {

/// Over a record's lane, sequence and bytes, so that none passes for another: CRC-32 of their little-endian numbers and the body.
std::uint32_t Checksum(event::Lane lane, std::uint64_t sequence, std::string_view body);

}  // namespace edgewise::queue::detail
