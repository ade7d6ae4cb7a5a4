#include "score/detail/grpc_service.h"

#include <fmt/format.h>

#include <array>

#include "health.pb.h"
#include "open_inference.pb.h"
#include "score/detail/grpc_models.h"
#include "score/detail/parameter_rules.h"
#include "score/detail/wire.h"

namespace edgewise::score::detail {
namespace {

using Kind = GrpcService::Kind;

/// One call that takes a message of type Request and gives one of type Answer.
struct Context {
  ModelRepository& repository;
  const GrpcServer::Options& options;
  const GrpcService& service;
  std::string& cold;
};

template <class Request, class Answer>
using Handler = Result<void> (*)(const Context&, const Request&, Answer&);

template <class Request, class Answer, Handler<Request, Answer> handler>
Result<std::string> Call(const Context& context, std::string_view message) {
  Request request;
  if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return Fail(Code::kInvalidArgument, fmt::format("the message is no {}", request.GetTypeName()));
  }
  Answer answer;
  EDGEWISE_TRY(handler(context, request, answer));
  return answer.SerializeAsString();
}

Result<void> ServerLive(const Context&, const inference::ServerLiveRequest&, inference::ServerLiveResponse& answer) {
  answer.set_live(true);
  return {};
}

Result<void> ServerReady(const Context& context, const inference::ServerReadyRequest&, inference::ServerReadyResponse& answer) {
  answer.set_ready(context.repository.ready());
  return {};
}

Result<void> ModelReady(const Context& context, const inference::ModelReadyRequest& request, inference::ModelReadyResponse& answer) {
  const auto found = context.repository.Find(request.name(), request.version(), {});
  if (!found && found.error().code == Code::kNotFound) return std::unexpected(found.error());
  answer.set_ready(found || found.error().code == Code::kAborted);  // cold: the first request loads it
  return {};
}

Result<void> ServerMetadata(const Context& context, const inference::ServerMetadataRequest&, inference::ServerMetadataResponse& answer) {
  answer.set_name(context.options.name);
  answer.set_version(context.options.version);
  for (const auto* extension : {"binary_tensor_data", "model_repository", "model_configuration", "statistics"})
    answer.add_extensions(extension);
  return {};
}

Result<void> ModelMetadata(const Context& context, const inference::ModelMetadataRequest& request,
                           inference::ModelMetadataResponse& answer) {
  return FillMetadata(context.repository, request, answer, context.cold);
}

Result<void> ModelConfig(const Context& context, const inference::ModelConfigRequest& request, inference::ModelConfigResponse& answer) {
  return FillConfig(context.repository, request, answer, context.cold);
}

Result<void> ModelStatistics(const Context& context, const inference::ModelStatisticsRequest& request,
                             inference::ModelStatisticsResponse& answer) {
  return FillStatistics(context.repository, request, answer);
}

Result<void> RepositoryIndex(const Context& context, const inference::RepositoryIndexRequest& request,
                             inference::RepositoryIndexResponse& answer) {
  for (const auto& entry : context.repository.Index()) {
    if (request.ready() && entry.state != "READY") continue;
    auto& model = *answer.add_models();
    model.set_name(entry.model);
    model.set_version(entry.version);
    model.set_state(entry.state);
    model.set_reason(entry.reason);
  }
  return {};
}

Result<void> RepositoryModelLoad(const Context& context, const inference::RepositoryModelLoadRequest& request,
                                 inference::RepositoryModelLoadResponse&) {
  for (const auto& [name, value] : request.parameters()) {
    if (name == "config" || name.starts_with("file:")) return std::unexpected(NoConfiguration());
  }
  return context.repository.Load(request.model_name());
}

Result<void> RepositoryModelUnload(const Context& context, const inference::RepositoryModelUnloadRequest& request,
                                   inference::RepositoryModelUnloadResponse&) {
  return context.repository.Unload(request.model_name());
}

Result<void> HealthCheck(const Context& context, const grpc::health::v1::HealthCheckRequest& request,
                         grpc::health::v1::HealthCheckResponse& answer) {
  const auto health = context.service.HealthOf(request.service());
  if (health == GrpcService::kServiceUnknown) {
    return Fail(Code::kNotFound, fmt::format("this server has no service and no model \"{}\"", request.service()));
  }
  answer.set_status(static_cast<grpc::health::v1::HealthCheckResponse::ServingStatus>(static_cast<int>(health)));
  return {};
}

constexpr std::string_view kService = "inference.GRPCInferenceService";

struct Method {
  std::string_view name;
  Kind kind;
  Result<std::string> (*call)(const Context&, std::string_view);
};

#define EDGEWISE_METHOD(name, kind) \
  Method { "/inference.GRPCInferenceService/" #name, kind, Call<inference::name##Request, inference::name##Response, name> }

const std::array kMethods{
    EDGEWISE_METHOD(ServerLive, Kind::kUnary),
    EDGEWISE_METHOD(ServerReady, Kind::kUnary),
    EDGEWISE_METHOD(ModelReady, Kind::kUnary),
    EDGEWISE_METHOD(ServerMetadata, Kind::kUnary),
    EDGEWISE_METHOD(ModelMetadata, Kind::kUnary),
    EDGEWISE_METHOD(ModelConfig, Kind::kUnary),
    EDGEWISE_METHOD(ModelStatistics, Kind::kUnary),
    EDGEWISE_METHOD(RepositoryIndex, Kind::kUnary),
    EDGEWISE_METHOD(RepositoryModelLoad, Kind::kBlocking),
    EDGEWISE_METHOD(RepositoryModelUnload, Kind::kBlocking),
    Method{"/inference.GRPCInferenceService/ModelStreamInfer", Kind::kInferStream, nullptr},
    Method{"/grpc.health.v1.Health/Check", Kind::kUnary,
           Call<grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse, HealthCheck>},
    Method{"/grpc.health.v1.Health/Watch", Kind::kWatch, nullptr},
};
#undef EDGEWISE_METHOD

const Method* Find(std::string_view name) {
  for (const auto& method : kMethods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

}  // namespace

Kind GrpcService::KindOf(std::string_view method) {
  const auto* const found = Find(method);
  return found == nullptr ? Kind::kUnknown : found->kind;
}

Result<std::string> GrpcService::Answer(std::string_view method, std::string_view message, std::string& cold) {
  const auto* const found = Find(method);
  if (found == nullptr || found->call == nullptr)
    return Fail(Code::kUnimplemented, fmt::format("this server has no method \"{}\"", method));
  return found->call({repository_, options_, *this, cold}, message);
}

Result<std::string> GrpcService::ServiceIn(std::string_view message) {
  grpc::health::v1::HealthCheckRequest request;
  if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return Fail(Code::kInvalidArgument, "the message is no grpc.health.v1.HealthCheckRequest");
  }
  return request.service();
}

GrpcService::Health GrpcService::HealthOf(std::string_view service) const {
  if (service.empty() || service == kService) return repository_.ready() ? kServing : kNotServing;
  const auto found = repository_.Find(service, {}, {});
  if (found || found.error().code == Code::kAborted) return kServing;
  return found.error().code == Code::kNotFound ? kServiceUnknown : kNotServing;
}

std::string GrpcService::HealthMessage(int health) {
  std::string message;
  AppendTag(message, 1, WireReader::Type::kVarint);
  AppendVarint(message, static_cast<std::uint64_t>(health));
  return message;
}

std::string StreamMessage(std::string_view response, std::string_view error) {
  std::string message;
  if (!error.empty()) AppendBytes(message, 1, error);
  AppendBytes(message, 2, response);
  return message;
}

}  // namespace edgewise::score::detail
