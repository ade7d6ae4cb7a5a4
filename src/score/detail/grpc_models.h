#pragma once

#include <string>

#include "base/result.h"
#include "open_inference.pb.h"
#include "score/model_repository.h"

namespace edgewise::score::detail {

/// What the calls about models answer. Errors: as ModelRepository::Find; where the model is cold (kAborted), `cold` is its name.
Result<void> FillMetadata(ModelRepository& repository, const inference::ModelMetadataRequest& request,
                          inference::ModelMetadataResponse& answer, std::string& cold);
Result<void> FillConfig(ModelRepository& repository, const inference::ModelConfigRequest& request, inference::ModelConfigResponse& answer,
                        std::string& cold);
/// Of one version, of all of a model, or of all. Models that are not loaded have none.
Result<void> FillStatistics(ModelRepository& repository, const inference::ModelStatisticsRequest& request,
                            inference::ModelStatisticsResponse& answer);

}  // namespace edgewise::score::detail
