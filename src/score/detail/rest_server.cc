#include "score/detail/rest_server.h"

#include <fmt/format.h>

#include "score/detail/numbers.h"
#include "score/detail/openapi.h"

namespace edgewise::score::detail {

OwnedRequest::OwnedRequest(const net::RequestView& request) : method_(request.method), target_(request.target), body_(request.body) {
  for (const auto& [name, value] : request.headers) headers_.push_back({std::string(name), std::string(value)});
  for (const auto& header : headers_) views_.push_back({header.name, header.value});
}

RestServer::RestServer(ModelRepository& repository, Options options)
    : repository_(repository), options_(std::move(options)), openapi_(OpenApiDocument()) {
  for (std::size_t i = 0; i < options_.threads; ++i) scratch_.push_back(std::make_unique<RestScratch>());
}

RestServer::~RestServer() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return warming_ == 0; });
}

void RestServer::Handle(const net::RequestView& request, net::ResponseWriter& response, std::size_t thread) {
  RestCall call{.request = request, .response = response, .scratch = *scratch_[thread], .thread = thread, .is_warmed = false};
  Serve(call);
}

void RestServer::Serve(RestCall& call) {
  auto& exchange = call.scratch.exchange;
  exchange.begin = std::chrono::steady_clock::now();
  call.headers = ReadHeaders(call.request.headers, options_.sticky_header);
  Address(call);
  call.match = FindRoute(call.request.method, call.request.path(), call.scratch.decoded);
  if (call.match.route != nullptr) {
    if (Unpack(call)) Act(call);
  } else if (call.match.allowed.empty()) {
    call.SendError({Code::kNotFound, fmt::format("no such path: {}; GET /openapi.json lists them", Quoted(call.request.path()))});
  } else {
    call.response.AddHeader("Allow", call.match.allowed);
    call.SendError({Code::kUnimplemented, fmt::format("this path takes {} only", call.match.allowed)}, 405);
  }
  exchange.choice = {};  // an idle thread keeps no version alive
}

void RestServer::Address(RestCall& call) {
  auto& envelope = call.scratch.exchange.envelope;
  const auto& headers = call.headers;
  envelope.encoding = headers.accept_encoding.empty() ? Encoding::kIdentity : AcceptedEncoding(headers.accept_encoding);
  envelope.encode_from = options_.encode_from;
  envelope.request_id = headers.request_id;
  envelope.traceparent.clear();
  if (headers.traceparent.empty()) return;
  const auto parent = headers.several_traceparents ? std::nullopt : ParseTraceParent(headers.traceparent);
  WriteTraceParent(parent, call.scratch.spans, envelope.traceparent);
}

bool RestServer::Unpack(RestCall& call) {
  call.body = call.request.body;
  if (call.headers.content_encoding.empty() || call.body.empty()) return true;
  const auto encoding = ContentEncoding(call.headers.several_encodings ? "several" : call.headers.content_encoding);
  if (!encoding) {
    call.response.AddHeader("Accept-Encoding", "gzip, deflate");
    call.SendError(encoding.error(), 415);
    return false;
  }
  if (*encoding == Encoding::kIdentity) return true;
  constexpr std::size_t kKeptBytes = 4u << 20;
  auto& inflated = call.scratch.inflated;
  if (inflated.capacity() > kKeptBytes) inflated = std::string();
  if (const auto unpacked = Inflate(call.body, *encoding, options_.max_body, inflated); !unpacked) {
    call.SendError(unpacked.error(), unpacked.error().code == Code::kResourceExhausted ? 413 : 0);
    return false;
  }
  call.body = inflated;
  return true;
}

void RestServer::Act(RestCall& call) {
  switch (call.match.route->action) {
    case Action::kInfer:
      return Infer(call);
    case Action::kScore:
      return Score(call);
    case Action::kPredict:
      return Predict(call);
    case Action::kServerMetadata:
      return DescribeServer(call);
    case Action::kServerLive:
      return Live(call);
    case Action::kPredictLive:
      return call.SendJson(R"({"status":"alive"})");
    case Action::kServerReady:
      return Ready(call);
    case Action::kModels:
    case Action::kPredictModels:
      return ListModels(call);
    case Action::kModelMetadata:
    case Action::kModelConfig:
      return DescribeModel(call);
    case Action::kModelReady:
    case Action::kPredictModelReady:
      return ModelReady(call);
    case Action::kModelStatistics:
      return ModelStatistics(call);
    case Action::kAllStatistics:
      return AllStatistics(call);
    case Action::kRepositoryIndex:
      return Index(call);
    case Action::kRepositoryLoad:
    case Action::kRepositoryUnload:
      return LoadOrUnload(call);
    case Action::kMetrics:
      return Metrics(call);
    case Action::kOpenApi:
      return call.SendJson(openapi_);
  }
}

bool RestServer::Find(RestCall& call) {
  auto found = repository_.Find(call.match.model, call.match.version, call.headers.sticky);
  if (found) {
    call.scratch.exchange.choice = std::move(*found);
    return true;
  }
  if (found.error().code == Code::kAborted && !call.is_warmed) {
    Warm(call);
  } else if (found.error().code == Code::kAborted) {
    call.SendError(
        {Code::kUnavailable, fmt::format("model {} was let go again before it was used: memory is short", Quoted(call.match.model))});
  } else {
    call.SendError(found.error());
  }
  return false;
}

void RestServer::Warm(RestCall& call) {
  {
    const std::lock_guard lock(mutex_);
    ++warming_;
  }
  const auto owned = std::make_shared<OwnedRequest>(call.request);  // shared by the copies of a std::function
  repository_.Warm(std::string(call.match.model), [this, owned, responder = call.response.Later()](const Result<void>& warmed) {
    const auto scratch = std::make_unique<RestScratch>();
    LaterWriter response(responder);
    const auto view = owned->view();
    RestCall later{.request = view, .response = response, .scratch = *scratch, .thread = kNoThread, .is_warmed = true};
    if (warmed) {
      Serve(later);
    } else {
      later.headers = ReadHeaders(view.headers, options_.sticky_header);
      Address(later);
      later.SendError(warmed.error());
    }
    const std::lock_guard lock(mutex_);
    --warming_;
    changed_.notify_all();
  });
}

}  // namespace edgewise::score::detail
