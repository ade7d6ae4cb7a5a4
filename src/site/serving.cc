#include "site/serving.h"

#include <algorithm>

#include "base/log.h"

namespace edgewise::site {
namespace {

constexpr std::chrono::seconds kTakeAgain{1};  // after a model that could not be taken over

}  // namespace

void Serving::Refresh() {
  const auto generation = reconciler_.generation();
  const auto now = std::chrono::steady_clock::now();
  if ((generation == generation_ && core_.life() == life_) || now < not_before_) return;
  bool whole = true;
  served_.clear();
  for (auto& live : reconciler_.Live()) {
    auto program = feature::Program::FromJson(live.card->program);
    const auto warmed = program ? core_.Warm(*program) : Result<void>(std::unexpected(program.error()));
    if (!warmed) {
      log::Warn("site {}: model {} does not serve yet: {}", site_, live.model.name, warmed.error().message);
      whole = false;
      continue;
    }
    core_.Know(live.model.digest, live.card);
    const auto name = live.model.name;
    served_.insert_or_assign(name, Served{std::move(live), *std::move(program)});
  }
  if (!whole) {
    not_before_ = now + kTakeAgain;
    return;
  }
  generation_ = generation;
  life_ = core_.life();
}

const Served* Serving::Find(const std::string& name) {
  Refresh();
  const auto found = served_.find(name);
  return found == served_.end() ? nullptr : &found->second;
}

bool Serving::IsStarting(const std::string& name) const {
  const auto desired = reconciler_.desired();
  return desired && std::ranges::find(desired->models, name, &deploy::DesiredModel::name) != desired->models.end();
}

}  // namespace edgewise::site
