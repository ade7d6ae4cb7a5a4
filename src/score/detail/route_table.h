#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "score/detail/route.h"

namespace edgewise::score::detail {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

/// The routes of all models, as requests see them: one immutable table that is swapped as a whole.
/// Each thread reads through one of a few places with a lock of their own, which a swap holds for the exchange of a pointer: no lock is
/// ever held while something is loaded, released or waited for, and threads hardly meet. (An atomic<shared_ptr> is a lock as well, shared
/// by all; a pointer cached per thread would keep old models alive on idle threads.)
class RouteTable {
 public:
  using Routes = std::unordered_map<std::string, std::shared_ptr<const Route>, TextHash, std::equal_to<>>;

  RouteTable() { Publish(std::make_shared<const Routes>()); }

  /// Calls `use` with the route, or nullptr; the place is locked meanwhile.
  template <class Use>
  auto With(std::string_view model, const Use& use) {
    Place& place = places_[std::hash<std::thread::id>()(std::this_thread::get_id()) % kPlaces];
    const std::lock_guard lock(place.mutex);
    const auto found = place.routes->find(model);
    return use(found == place.routes->end() ? nullptr : found->second.get());
  }

  void Publish(std::shared_ptr<const Routes> routes) {
    std::array<std::shared_ptr<const Routes>, kPlaces> old;  // dies outside the locks
    for (std::size_t i = 0; i < kPlaces; ++i) {
      const std::lock_guard lock(places_[i].mutex);
      old[i] = std::exchange(places_[i].routes, routes);
    }
  }

 private:
  static constexpr std::size_t kPlaces = 16;
  struct alignas(64) Place {
    std::mutex mutex;
    std::shared_ptr<const Routes> routes;  // the same in all places
  };
  std::array<Place, kPlaces> places_;
};

}  // namespace edgewise::score::detail
