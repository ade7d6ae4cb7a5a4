#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace edgewise::e2e {

/// All that descend from a process, itself left out; only those with this word in their command line, if one is given.
std::vector<pid_t> OffspringOf(pid_t parent, const std::string& word = "");
/// Processor time that it has used, in hundredths of a second; -1: it is gone (or waits to be buried).
long TicksOf(pid_t process);

}  // namespace edgewise::e2e
