#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "score/model_repository.h"

namespace edgewise {

/// "127.0.0.1:8081/delay:pilot" or "127.0.0.1:8081/delay@sha256:...".
struct ImageReference {
  std::string registry, repository, tag;
};

/// Also takes a URL, as people copy it. Errors: kInvalidArgument, with an example.
Result<ImageReference> ReadImageReference(const std::string& given);

/// The model of an image in a registry, every digest checked, for a repository that only names it.
/// Errors: as registry::PullImage; kInvalidArgument (no reference, or an image without model.onnx).
Result<score::ModelFiles> FetchModel(std::string_view reference);

}  // namespace edgewise
