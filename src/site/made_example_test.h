#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/time.h"

namespace edgewise::site::test {

inline constexpr std::int64_t kMinute = 60'000;
inline const EventTime kStart = ParseTime("2013-02-08T12:00:00Z").value();
inline const Digest kModel = Digest::Of("1");

inline constexpr std::string_view kFeatures = R"(
schema = "edgewise.features.v1"
zone = "America/New_York"
features = [ { name = "amount", field = "amount" }, { name = "delay", operator = "mean" } ]
[request]
name = "text"
due = "time"
amount = {}
note = "text"
[streams.plan]
name = "text"
due = "time"
[streams.stop]
name = "text"
delay = { min = -100, max = 2000 }
[streams.drop]
name = "text"
[operators.mean]
kind = "ewma"
stream = "stop"
value = "delay"
alpha = 0.5
)";

inline constexpr std::string_view kRules = R"(
[label]
model = "late"
key = ["name"]
stream = "stop"
field = "delay"
above = 15
never_streams = ["drop"]
never_after_hours = 72
due = "due"
[insight]
flight = "name"
tail = "name"
dest = "name"
note = "note"
)";

inline constexpr std::string_view kPolicy = R"(
schema = "edgewise.policy.v1"
[[allow]]
type = "io.edgewise.sample.v1"
[allow.fields]
label = { number = 0, min = 0, max = 1 }
)";

inline std::string At(double minutes) { return FormatTime(EventTime{kStart.ms + static_cast<std::int64_t>(minutes * kMinute)}); }

/// The same operators but for the mean, which forgets more slowly: a new version that has something to learn.
inline std::string SlowFeatures() {
  std::string text(kFeatures);
  return text.replace(text.find("alpha = 0.5"), 11, "alpha = 0.1");
}

}  // namespace edgewise::site::test
