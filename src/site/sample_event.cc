#include "site/sample_event.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace edgewise::site {
namespace {

void AppendNumbers(std::string& out, const std::vector<float>& numbers) {
  const char* separator = "";
  for (const float number : numbers) {
    out += separator;
    if (std::isfinite(number)) {
      fmt::format_to(std::back_inserter(out), "{}", number);
    } else {
      out += "null";
    }
    separator = ",";
  }
}

}  // namespace

event::Event SampleEvent(const Waiting& row, bool positive, EventTime known, const TimeZone& zone) {
  std::string data =
      fmt::format(R"({{"layout":"{}","model":"{}","score":{},"label":{},"day":"{}","n":[)", row.layout.ToString(), row.model.ToString(),
                  std::isfinite(row.score) ? fmt::format("{}", row.score) : "null", positive ? 1 : 0, zone.Date(row.scored_at));
  AppendNumbers(data, row.sample.numbers);
  data += R"(],"c":)" + nlohmann::json(row.sample.categories).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '}';
  return {{}, std::string(event::kSampleV1), "", known, row.lineage, std::move(data)};
}

}  // namespace edgewise::site
