#pragma once

#include <cstdint>
#include <string>

#include "queue/detail/sqlite_file.h"

// What a queue's file is made of: docs/formats/queue.md.
namespace edgewise::queue::detail {

/// Whose file it is, and in which life of its disk it was used last.
struct Owner {
  std::string site;
  std::uint64_t epoch = 0;
};

/// Makes the tables in an empty file, and upgrades those of formats 1 and 2, in one transaction.
/// Errors: kFailedPrecondition (a newer format, or a database of somebody else; nothing was changed), as SqliteFile.
Result<void> PrepareFile(SqliteFile& file);
/// Errors: kNotFound (nobody's yet).
Result<Owner> ReadOwner(SqliteFile& file);
/// Errors: kFailedPrecondition (another site's, or of a later epoch).
Result<void> Claim(SqliteFile& file, const Owner& owner);

}  // namespace edgewise::queue::detail
