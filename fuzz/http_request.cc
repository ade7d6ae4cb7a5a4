// What a client sends to an HTTP server: requests are found, or refused with a reason, and the same whether the bytes come at once or in
// pieces; never a crash, never a view beyond the bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/detail/request_parser.h"

using namespace edgewise::net;
using detail::RequestParser;

namespace {

std::size_t BytesOf(const RequestView& view) {
  std::size_t bytes = view.method.size() + view.target.size() + view.body.size();
  for (const auto& header : view.headers) bytes += header.name.size() + header.value.size();
  return bytes;
}

/// All that is understood, as one text.
std::string Read(std::string_view bytes, std::size_t piece) {
  detail::Blocks blocks;
  detail::Input input(blocks);
  RequestParser parser({.max_header = 4096, .max_body = 65536});
  std::vector<HeaderView> headers;
  std::string understood;
  while (true) {
    const auto found = parser.Parse(input);
    if (found == RequestParser::Found::kRefused) return understood + "refused";
    if (found == RequestParser::Found::kRequest) {
      const auto view = parser.View(input, headers);
      if (BytesOf(view) > input.size()) std::abort();
      understood.append(view.method).append(view.target).append(view.body);
      for (const auto& header : view.headers) understood.append(header.name).append(header.value);
      input.Consume(parser.Next());
    } else if (bytes.empty()) {
      return understood;
    } else {
      const auto room = input.Room(parser.wanted());
      const auto count = std::min({room.size(), piece, bytes.size()});
      std::copy_n(bytes.data(), count, room.data());
      input.Commit(count);
      bytes.remove_prefix(count);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = Read(bytes, bytes.size() + 1);
  const auto pieces = Read(bytes, 1 + data[0] % 16);
  // In pieces a fault may be seen only when the header's end is there. Limits may be noticed earlier or later.
  if (whole != pieces && whole != pieces + "refused" && bytes.size() <= 4096) std::abort();
  return 0;
}
