#pragma once

#include <memory>
#include <string>

#include "base/metrics.h"
#include "site/asking.h"
#include "site/input_options.h"

namespace edgewise::site {

/// A reverse proxy before an application's own HTTP service; contract of what it does to bytes, headers and time: docs/formats/inputs.md.
/// Each client connection has its own connection to the application. Bytes pass in both directions as they are; what is read of them is
/// read beside. A request whose fields are there is asked of the site once its body is complete, and its reply's head waits for the answer
/// as long as the options say, at most. Lifecycle: Start() listens and runs its own thread; the end lets exchanges in flight finish for up
/// to 5 s. Answers that come later are dropped. Bounds: connections, bytes read beside and questions under way, by the options; of each
/// direction 32 KiB are in hand. Errors of Start: kAlreadyExists (port taken: names it), kInvalidArgument (address). Threads: any one.
class Tap {
 public:
  static Result<std::unique_ptr<Tap>> Start(TapOptions options, const std::string& site, Ask ask, Metrics& metrics);
  virtual ~Tap() = default;
  virtual const std::string& address() const = 0;  ///< As bound: with the real port.
};

}  // namespace edgewise::site
