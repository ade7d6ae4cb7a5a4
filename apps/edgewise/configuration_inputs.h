#pragma once

#include <string>

#include "configuration_reader.h"
#include "site/input_options.h"

namespace edgewise {

/// The inputs of one [[site]]: its [[site.tap]], [[site.folder]] and [[site.mqtt]]. Mistakes: as the reader.
site::InputOptions ReadInputs(ConfigurationReader& in, const toml::table& site, const std::string& site_name);

}  // namespace edgewise
