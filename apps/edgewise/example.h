#pragma once

#include <string>

#include "base/digest.h"
#include "base/files.h"
#include "base/result.h"
#include "configuration.h"
#include "feature/program.h"
#include "site/rules.h"

namespace edgewise {

/// What all sites of one configuration have in common, read from the files that it names.
struct Example {
  feature::Program program{nullptr};
  site::Rules rules;
  feature::Tables tables;
  std::string policy;  ///< Its TOML.
};

/// Errors: kNotFound (names the file), kInvalidArgument (file, line, key), kFailedPrecondition (a table that a feature looks
/// into and nobody gives, unless the features file declares it optional).
Result<Example> ReadExample(Files& files, const Configuration& configuration);

/// Whether the policy can be read; without a site's key. Errors: kInvalidArgument (file, line, key).
Result<Digest> CheckPolicy(const Example& example, const Configuration& configuration);

/// A moment: "2013-02-01" (midnight in the zone of the features) or ISO 8601 ending in Z. Errors: kInvalidArgument.
Result<EventTime> ReadMoment(const std::string& text, const TimeZone& zone);

}  // namespace edgewise
