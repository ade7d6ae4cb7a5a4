#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace edgewise {

/// What `edgewise doctor -c FILE --json` prints: [{what, good, found, fix}].
nlohmann::ordered_json FindingsOf(const std::string& configuration_file);

}  // namespace edgewise
