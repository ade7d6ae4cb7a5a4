#pragma once

#include <string_view>

#include "base/result.h"
#include "score/model_repository.h"

namespace edgewise {

/// The files of a model that a scorer's folder only names: "host:port/repository@sha256:...", an image as edgewise push makes it, in a
/// registry that is reached by plain HTTP. A digest and no tag: what is served does not change behind the folder's back. For
/// score::ModelRepository::Options::fetch. Errors: kInvalidArgument (no such reference, or an image without model.onnx), as ImageStore.
Result<score::ModelFiles> FetchModel(std::string_view reference);

}  // namespace edgewise
