// CSV of an application: each row has as many values as the first line has names, whatever is quoted.
#include "score/detail/csv_rows.h"

#include <cstdint>
#include <cstdlib>

using namespace edgewise;
using namespace edgewise::score;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::size_t columns = 0;
  std::size_t bytes = 0;
  const auto take_header = [&](const std::vector<std::string_view>& names) -> Result<void> {
    columns = names.size();
    return {};
  };
  const auto take_row = [&](const std::vector<std::string_view>& values) -> Result<void> {
    if (columns == 0 || values.size() != columns) std::abort();
    for (const auto value : values) bytes += value.size();
    return {};
  };
  (void)detail::ReadCsvRows({reinterpret_cast<const char*>(data), size}, {take_header, take_row});
  if (bytes > size) std::abort();
  return 0;
}
