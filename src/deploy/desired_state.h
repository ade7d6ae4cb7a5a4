#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace edgewise::deploy {

/// One model that a site shall serve.
struct DesiredModel {
  std::string name;        ///< What local applications ask for: POST /score/<name>.
  std::string repository;  ///< Where it lies in the registry.
  Digest digest;           ///< Of the image manifest.
  std::string version;     ///< Label for people.
  bool operator==(const DesiredModel&) const = default;
};

/// What a site shall run: a numbered document, schema "edgewise.desired.v1" (docs/formats/desired.md). Higher numbers win;
/// going back means a new number with old digests. `signature` is a slot: null until signing comes.
struct DesiredState {
  std::uint64_t number = 0;
  std::vector<DesiredModel> models;
  Digest policy;  ///< Of the policy file's bytes; zero = keep what the site has.
  bool operator==(const DesiredState&) const = default;
};

/// The same state with `model` in the place of the one of its name, or added: the other models, the policy and the number stay.
DesiredState WithModel(DesiredState state, DesiredModel model);

std::string ToJson(const DesiredState& state);
Result<DesiredState> DesiredFromJson(std::string_view json);

}  // namespace edgewise::deploy
