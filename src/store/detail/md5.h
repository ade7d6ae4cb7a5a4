#pragma once

#include <string>
#include <string_view>

namespace edgewise::store::detail {

/// As the header Content-MD5 has it, in Base64. It finds what was damaged on the way, and is no defence against an enemy.
std::string Md5(std::string_view bytes);

}  // namespace edgewise::store::detail
