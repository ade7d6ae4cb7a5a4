#pragma once

#include <string>

namespace edgewise::score::detail {

/// The OpenAPI 3 document of GET /openapi.json, made from RestRoutes(): no route can be missing, and none be invented.
std::string OpenApiDocument();

}  // namespace edgewise::score::detail
