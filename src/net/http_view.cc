#include "net/http_view.h"

#include <boost/beast/core/string.hpp>

#include "net/detail/uri.h"

namespace edgewise::net {

std::string_view RequestView::path() const { return target.substr(0, target.find('?')); }

std::string_view RequestView::header(std::string_view name) const {
  for (const auto& header : headers) {
    if (boost::beast::iequals({header.name.data(), header.name.size()}, {name.data(), name.size()})) return header.value;
  }
  return {};
}

std::string RequestView::query(std::string_view name) const { return detail::QueryValue(target, name); }
std::string HttpRequest::query(std::string_view name) const { return detail::QueryValue(target, name); }

}  // namespace edgewise::net
