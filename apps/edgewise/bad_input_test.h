#pragma once

#include <fmt/format.h>

#include <set>

#include "command_runner_test.h"

namespace edgewise {

/// For tests of what goes wrong.
class BadInput : public CommandTest {
 protected:
  void ExpectFailure(const Answer& answer, int code, const std::vector<std::string>& said) {
    EXPECT_EQ(answer.code, code) << answer.error;
    EXPECT_EQ(answer.out, "") << "errors go to standard error";
    EXPECT_TRUE(answer.error.starts_with("edgewise: ")) << answer.error;
    for (const auto& text : said) EXPECT_NE(answer.error.find(text), std::string::npos) << "\"" << text << "\" in: " << answer.error;
  }
  std::set<std::string> Left() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) names.insert(entry.path().filename());
    return names;
  }
  std::string Weather(int lines) const {
    std::string text;
    for (int i = 0; i < lines; ++i) {
      text += fmt::format(R"({{"producer":"station","seq":{},"time":"2013-02-{:02}T{:02}:00:00Z","temp":{}}})"
                          "\n",
                          i + 1, 1 + i / 24, i % 24, 40);
    }
    return text;
  }
};

}  // namespace edgewise
