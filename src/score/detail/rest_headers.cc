#include "score/detail/rest_headers.h"

#include <algorithm>

#include "net/header_text.h"

namespace edgewise::score::detail {
namespace {

using net::SameName;

bool IsPlainId(std::string_view id) {
  constexpr std::size_t kLongest = 128;
  return id.size() <= kLongest && std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7F; });
}

/// Whether it was there before.
bool Set(std::string_view& place, std::string_view value) {
  const bool again = !place.empty();
  place = value;
  return again;
}

}  // namespace

RestHeaders ReadHeaders(std::span<const net::HeaderView> headers, std::string_view sticky_name) {
  RestHeaders read;
  for (const auto& [name, value] : headers) {
    if (name.size() == sticky_name.size() && SameName(name, sticky_name)) read.sticky = value;
    switch (name.size()) {  // of all headers that clients send, few have one of these lengths
      case 11:
        if (SameName(name, "traceparent")) read.several_traceparents |= Set(read.traceparent, value);
        break;
      case 12:
        if (SameName(name, "content-type")) read.content_type = value;
        if (SameName(name, "x-request-id") && IsPlainId(value)) read.request_id = value;
        break;
      case 15:
        if (SameName(name, "accept-encoding")) read.accept_encoding = value;
        break;
      case 16:
        if (SameName(name, "content-encoding")) read.several_encodings |= Set(read.content_encoding, value);
        break;
      case 31:
        if (SameName(name, "inference-header-content-length")) read.several_lengths |= Set(read.json_length, value);
        break;
      default:
        break;
    }
  }
  return read;
}

}  // namespace edgewise::score::detail
