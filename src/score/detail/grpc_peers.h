#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace edgewise::score::detail {

/// How many calls each connection has at work on one lane. Connections without any are forgotten when they outnumber the others.
/// Cost: no allocation for a connection that is known. Threads: one.
class GrpcPeers {
 public:
  struct Peer {
    std::size_t calls = 0;  ///< The caller's to count. While there are some, the peer stays where it is.
  };

  /// `name`: as gRPC says it, such as "ipv4:127.0.0.1:40312". Valid until the next Find(), or as long as it has calls.
  Peer& Find(std::string_view name) {
    if (const auto found = peers_.find(name); found != peers_.end()) return found->second;
    if (peers_.size() >= prune_at_) {
      std::erase_if(peers_, [](const auto& peer) { return peer.second.calls == 0; });
      prune_at_ = std::max(kKept, 2 * peers_.size());
    }
    return peers_.try_emplace(std::string(name)).first->second;
  }
  std::size_t size() const { return peers_.size(); }
  static constexpr std::size_t kKept = 64;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  std::unordered_map<std::string, Peer, Hash, std::equal_to<>> peers_;
  std::size_t prune_at_ = kKept;
};

}  // namespace edgewise::score::detail
