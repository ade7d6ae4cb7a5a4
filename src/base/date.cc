#include "base/date.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace edgewise {
namespace {

constexpr std::string_view kForm = "0000-00-00";

bool HasForm(std::string_view text) {
  return std::ranges::equal(text, kForm, [](char c, char form) { return form == '-' ? c == '-' : c >= '0' && c <= '9'; });
}

int Number(std::string_view digits) {
  int number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

Result<CivilTime> ParseDate(std::string_view text) {
  if (!HasForm(text)) return Fail(Code::kInvalidArgument, fmt::format("\"{}\" is no date such as 2013-02-01", text.substr(0, 40)));
  CivilTime civil;
  civil.year = Number(text.substr(0, 4));
  civil.month = Number(text.substr(5, 2));
  civil.day = Number(text.substr(8, 2));
  const std::chrono::year_month_day date{std::chrono::year(civil.year), std::chrono::month(static_cast<unsigned>(civil.month)),
                                         std::chrono::day(static_cast<unsigned>(civil.day))};
  if (!date.ok()) return Fail(Code::kInvalidArgument, fmt::format("\"{}\" is a day that no calendar has", text));
  return civil;
}

}  // namespace edgewise
