#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/lineage_id.h"
#include "net/http.h"

namespace edgewise::site {

/// What an input (tap, folder, topic) asks of its site: what POST /score/{name} or POST /records/{name} would, without the way over HTTP.
struct Question {
  enum class Kind : std::uint8_t { kScore, kRecords };
  Kind kind = Kind::kScore;
  std::string name;  ///< The model, or the stream.
  std::string body;  ///< As of the route.
  /// Of a score: names the row, so that the same question asked again is the same row whatever happened in between (a kill, a label,
  /// another version). Nothing: the row gets random bits, and only the route's own rule holds.
  std::optional<LineageId> lineage;
};

/// Hands a question to the site's HTTP thread; the answer (as the route's) comes on any thread, after what it says is on the disk, or
/// never: when the site stops. Any thread may ask; it does not wait.
using Ask = std::function<void(Question, net::Responder)>;

}  // namespace edgewise::site
