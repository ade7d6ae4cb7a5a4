#pragma once

#include <span>
#include <string>
#include <string_view>

#include "site/input_options.h"

namespace edgewise::site {

/// The model's request out of an application's own JSON: each field's value as it stands there, by its name; those that may be missing and
/// are, are left out. Errors: kInvalidArgument (no JSON), kNotFound (a needed field is not there). Messages hold no values.
Result<std::string> RequestFrom(std::string_view body, std::span<const TapField> fields);

/// Whether a request's target lies at `path` or below it: "/orders" takes "/orders?x=1" and "/orders/7", not "/ordersheet".
bool LiesBelow(std::string_view target, std::string_view path);

}  // namespace edgewise::site
