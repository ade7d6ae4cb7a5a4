#pragma once

#include <spdlog/spdlog.h>

/// Log lines go to standard error through spdlog. They carry codes, digests, counts and names of our own things, never site data:
/// a log line is an exit (house rule 6).
namespace edgewise::log {

/// spdlog makes its logger when it is first asked. Asked here, that is before there are threads: the library is not built with
/// ThreadSanitizer, which would otherwise take a logger made by one thread and used by the next for a race.
inline const auto* const kMadeBeforeThreads = spdlog::default_logger_raw();

template <class... Args>
void Info(fmt::format_string<Args...> text, Args&&... args) {
  spdlog::info(text, std::forward<Args>(args)...);
}
template <class... Args>
void Warn(fmt::format_string<Args...> text, Args&&... args) {
  spdlog::warn(text, std::forward<Args>(args)...);
}
template <class... Args>
void Failed(fmt::format_string<Args...> text, Args&&... args) {
  spdlog::error(text, std::forward<Args>(args)...);
}

}  // namespace edgewise::log
