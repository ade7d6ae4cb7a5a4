#pragma once

#include <cstdint>
#include <filesystem>

#include "base/files.h"
#include "queue/queue.h"

namespace edgewise::relay {

/// Whether a queue knows of all that its relay has carried away in this life of the disk. If not, it was lost or set back, and what is
/// appended now would get the names of events that have left, and be taken for them. Call it before anything is appended, and append
/// nothing if it fails. `folder`: the relay's, which need not exist.
/// It reads cuts without the site's key: whoever forges one causes a refusal and no more. One that cannot be read is the relay's to report.
/// Errors: kDataLoss (it was set back: what to do), as Queue::Depths.
Result<void> CheckNotSetBack(Files& files, const std::filesystem::path& folder, queue::Queue& queue, std::uint64_t epoch);

}  // namespace edgewise::relay
