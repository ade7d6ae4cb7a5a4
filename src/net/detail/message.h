#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <string>
#include <utility>

#include "net/http.h"

namespace edgewise::net::detail {

inline constexpr std::size_t kLargestAnswer = std::size_t{1} << 30;

/// A request's bytes, as sent. `host` goes into the Host header.
std::string Serialise(const HttpRequest& request, std::string_view host);

HttpResponse FromBeast(boost::beast::http::response<boost::beast::http::string_body> message);

}  // namespace edgewise::net::detail
