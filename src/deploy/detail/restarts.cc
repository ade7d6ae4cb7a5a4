#include "deploy/detail/restarts.h"

#include <fmt/format.h>

#include <algorithm>

namespace edgewise::deploy::detail {

void Restarts::Started(const std::string& name, const Digest& version, Moment now) {
  auto& life = lives_[name];
  if (life.version != version) life = {.version = version, .since = now, .again = {}};
  life.since = now;
  life.again.reset();
}

Restarts::Moment Restarts::Ended(const std::string& name, Moment now) {
  auto& life = lives_[name];
  if (life.again) return *life.again;
  const bool steady = now - life.since >= options_.steady;
  life.short_lives = steady ? 1 : life.short_lives + 1;
  if (life.short_lives == 1) {
    life.pause = std::chrono::milliseconds(0);
  } else {
    life.pause = life.short_lives == 2 ? options_.first : std::min(2 * life.pause, options_.longest);
  }
  life.again = now + life.pause;
  return *life.again;
}

std::optional<std::string> Restarts::Trouble(const std::string& name) const {
  const auto life = lives_.find(name);
  if (life == lives_.end() || !life->second.again) return std::nullopt;
  return fmt::format("the scorer ended, {} times now without living long; it is started again after a pause of {} s",
                     life->second.short_lives, std::chrono::duration<double>(life->second.pause).count());
}

}  // namespace edgewise::deploy::detail
