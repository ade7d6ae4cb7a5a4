#pragma once

#include <span>
#include <string_view>

#include "net/http_view.h"

namespace edgewise::score::detail {

/// The headers that mean something to a score server, found in one walk over all of them. Views of the request.
struct RestHeaders {
  std::string_view json_length;  ///< Inference-Header-Content-Length.
  std::string_view content_encoding;
  std::string_view content_type;
  std::string_view accept_encoding;
  std::string_view traceparent;
  std::string_view request_id;  ///< X-Request-Id; empty if it is longer than 128 characters or not printable ASCII.
  std::string_view sticky;      ///< The header called `sticky_name`: requests with equal keys get the same version.
  bool several_traceparents = false;
  bool several_encodings = false;  ///< Content-Encoding is there twice: encoded twice.
  bool several_lengths = false;
};

/// `sticky_name`: any case; empty: none.
RestHeaders ReadHeaders(std::span<const net::HeaderView> headers, std::string_view sticky_name);

}  // namespace edgewise::score::detail
