#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace edgewise::score::detail {

/// What a score server does.
enum class Action : std::uint8_t {
  kInfer,
  kScore,
  kPredict,
  kServerMetadata,
  kServerLive,
  kServerReady,
  kModels,
  kModelMetadata,
  kModelReady,
  kModelConfig,
  kModelStatistics,
  kAllStatistics,
  kRepositoryIndex,
  kRepositoryLoad,
  kRepositoryUnload,
  kPredictLive,
  kPredictModels,
  kPredictModelReady,
  kMetrics,
  kOpenApi
};

/// One path of a score server. In `pattern`, "{model}" and "{version}" stand for one segment, or its beginning.
struct RestRoute {
  std::string_view method;
  std::string_view pattern;
  Action action;
  std::string_view summary;  ///< For people: the OpenAPI document shows it.
};

/// All of them, the ones that are called often first.
std::span<const RestRoute> RestRoutes();

/// What a request's path means.
struct RouteMatch {
  const RestRoute* route = nullptr;  ///< Null: no such path, or not with this method.
  std::string allowed;               ///< Methods that the path has, when it is not this one.
  std::string_view model;            ///< As the path has them: percent-decoded once, in `decoded` where that changed something.
  std::string_view version;
};

/// Finds the route of a request. A segment that decodes to a slash, a control character, or something that could be decoded again is no
/// name: no such path. Cost: no allocation for names without '%'. HEAD is GET.
/// `decoded`: memory for names, which must outlive the match.
RouteMatch FindRoute(std::string_view method, std::string_view path, std::array<std::string, 2>& decoded);

}  // namespace edgewise::score::detail
