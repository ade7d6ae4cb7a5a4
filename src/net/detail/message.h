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
/// An answer's bytes; without a body when it answers HEAD.
void Serialise(const HttpResponse& response, bool keep_alive, bool head, std::string& out);

HttpResponse FromBeast(boost::beast::http::response<boost::beast::http::string_body> message);
HttpRequest FromBeast(boost::beast::http::request<boost::beast::http::string_body> message);

}  // namespace edgewise::net::detail
