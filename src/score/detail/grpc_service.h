#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "score/grpc_server.h"

namespace edgewise::score::detail {

/// What every call but ModelInfer answers: messages in, messages out (open_inference.proto, health.proto).
/// Threads: any number.
class GrpcService {
 public:
  enum class Kind {
    kUnknown,
    kUnary,
    kBlocking,  ///< Unary, and must not be answered on an I/O thread.
    kInferStream,
    kWatch,
  };
  /// As in health.proto.
  enum Health : int { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

  GrpcService(ModelRepository& repository, const GrpcServer::Options& options) : repository_(repository), options_(options) {}

  /// `method`: "/inference.GRPCInferenceService/ServerLive".
  static Kind KindOf(std::string_view method);
  /// Answers a call of kind kUnary or kBlocking. Errors: kInvalidArgument (no such message), as the repository's; kAborted: a model is
  /// cold: `cold` names it.
  Result<std::string> Answer(std::string_view method, std::string_view message, std::string& cold);

  /// The name in a HealthCheckRequest. Errors: kInvalidArgument.
  static Result<std::string> ServiceIn(std::string_view message);
  /// Of the server ("" or the service's name), or of a model.
  Health HealthOf(std::string_view service) const;
  static std::string HealthMessage(int health);

 private:
  ModelRepository& repository_;
  const GrpcServer::Options& options_;
};

/// Puts a ModelInferResponse, or an error's message, into a ModelStreamInferResponse.
std::string StreamMessage(std::string_view response, std::string_view error);

}  // namespace edgewise::score::detail
