#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event/event.h"
#include "queue/detail/sqlite_file.h"

// What a queue's file is made of: docs/formats/queue.md.
namespace edgewise::queue::detail {

/// Over a record's lane, sequence and bytes, so that none passes for another: CRC-32 of their little-endian numbers and the body.
std::uint32_t Checksum(event::Lane lane, std::uint64_t sequence, std::string_view body);

/// Whose file it is, and in which life of its disk it was used last.
struct Owner {
  std::string site;
  std::uint64_t epoch = 0;
};

/// Makes the tables in an empty file, and upgrades those of format 1, in one transaction.
/// Errors: kFailedPrecondition (a newer format, or a database of somebody else; nothing was changed), as SqliteFile.
Result<void> PrepareFile(SqliteFile& file);
/// Errors: kNotFound (nobody's yet).
Result<Owner> ReadOwner(SqliteFile& file);
/// Errors: kFailedPrecondition (another site's, or of a later epoch).
Result<void> Claim(SqliteFile& file, const Owner& owner);

}  // namespace edgewise::queue::detail
