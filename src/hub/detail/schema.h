#pragma once

#include "base/result.h"
#include "hub/detail/sqlite.h"

namespace edgewise::hub::detail {

/// Makes the tables of a new index file, or brings those of an older format to today's.
/// Errors: kFailedPrecondition (newer format), as SqliteDatabase.
Result<void> Initialise(SqliteDatabase& database);

}  // namespace edgewise::hub::detail
