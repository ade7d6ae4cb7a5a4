#pragma once

#include <spdlog/spdlog.h>

/// Log lines go to standard error through spdlog. They carry codes, digests, counts and names of our own things, never site data:
/// a log line is an exit (house rule 6).
namespace edgewise::log {

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
