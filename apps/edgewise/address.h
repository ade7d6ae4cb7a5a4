#pragma once

#include <string>

namespace edgewise {

/// An address as net::Address has it, of one as people copy it: "http://127.0.0.1:8080/" is 127.0.0.1:8080. All else stays as it is.
std::string PlainAddress(std::string text);

}  // namespace edgewise
