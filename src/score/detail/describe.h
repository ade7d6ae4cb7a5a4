#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "score/model_repository.h"
#include "score/model_version.h"

namespace edgewise::score::detail {

using Versions = std::span<const std::shared_ptr<ModelVersion>>;  // shared with the repository

/// {"name","version","extensions"} of GET /v2.
std::string DescribeServerText();
/// {"name","versions","platform","inputs","outputs"}, and ours: max_rows, columns (those of model.json).
std::string DescribeModelText(const ModelVersion& version, std::span<const ModelRepository::Entry> index);
/// ModelConfig as Triton has it: with batches, max_batch_size is above 0 and dims are without the first axis.
std::string DescribeConfigText(const ModelVersion& version);
/// {"models":[names]}, each once.
std::string DescribeModelsText(std::span<const ModelRepository::Entry> index);
/// [{"name","version","state","reason"}] of the model_repository extension.
std::string DescribeIndexText(std::span<const ModelRepository::Entry> index, bool ready_only);
/// {"model_stats":[...]} of the statistics extension.
std::string DescribeStatisticsText(Versions versions);

}  // namespace edgewise::score::detail
