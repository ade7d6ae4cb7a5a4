#pragma once

#include <fmt/format.h>
#include <signal.h>

#include <sstream>

#include "base/time.h"
#include "command_runner_test.h"
#include "net/http.h"

namespace edgewise {

inline std::string Time(int minutes) { return FormatTime(EventTime{ParseTime("2013-02-08T12:00:00Z")->ms + (minutes * 60'000LL)}); }

/// Flight `n` is scored at hour n, leaves an hour later and lands at hour n + 5. Those that fly far are late.
inline std::string Flight(int n) {
  return fmt::format(R"("carrier":"UA","flight":"{}","dest":"IAH","sched_dep":"{}","tail":"N{}XX")", n, Time((60 * n) + 60), n);
}
inline bool Late(int n) { return n % 3 == 0; }
inline std::string Request(int n) {
  return fmt::format(R"("time":"{}",{},"distance":{},"origin":"EWR")", Time(60 * n), Flight(n), Late(n) ? 1500 : 500);
}
inline std::string Landing(int n) {
  return fmt::format(R"("producer":"tower","seq":{},"time":"{}",{},"dep_delay":0,"arr_delay":{})", n + 1, Time((60 * n) + 300), Flight(n),
                     Late(n) ? 40 : 3);
}
inline std::string Landings(int flights) {
  std::string text;
  for (int n = 0; n < flights; ++n) text += "{" + Landing(n) + "}\n";
  return text;
}

class Stations : public CommandTest {
 protected:
  nlohmann::json RunJson(std::vector<std::string> arguments, int code = 0) {
    arguments.emplace_back("--json");
    const auto answer = Run(arguments);
    EXPECT_EQ(answer.code, code) << arguments[0] << ": " << answer.error;
    auto read = nlohmann::json::parse(answer.out, nullptr, false);
    EXPECT_FALSE(read.is_discarded()) << arguments[0] << ": " << answer.out;
    return read;
  }
};

}  // namespace edgewise
