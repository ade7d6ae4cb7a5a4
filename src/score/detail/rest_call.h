#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_view.h"
#include "score/detail/infer_reader.h"
#include "score/detail/rest_exchange.h"
#include "score/detail/rest_headers.h"
#include "score/detail/rest_routes.h"
#include "score/detail/trace_context.h"

namespace edgewise::score::detail {

/// What a thread keeps from request to request, so that none takes memory. Threads: one at a time.
struct RestScratch {
  Exchange exchange;
  InlineJob job;
  InferReader reader;
  simdjson::dom::parser parser;  ///< For what is asked less often: plain rows, parameters of a load.
  std::string inflated;
  std::array<std::string, 2> decoded;
  SpanIds spans;
};

/// One call of a handler.
struct RestCall {
  const net::RequestView& request;
  net::ResponseWriter& response;
  RestScratch& scratch;
  std::size_t thread;  ///< kNoThread: none of the server's.
  bool is_warmed;      ///< The model was loaded for it; it is not done a second time.
  RestHeaders headers{};
  RouteMatch match{};
  std::string_view body{};  ///< As it was before it was encoded.

  const Envelope& envelope() const { return scratch.exchange.envelope; }
  void SendError(const Error& error, int status = 0) { envelope().SendError(response, error, status); }
  void SendJson(std::string_view json, int status = 200) {
    response.body() = json;
    envelope().Send(response, status, kJson);
  }
};

/// A request that outlives its handler's call.
class OwnedRequest {
 public:
  explicit OwnedRequest(const net::RequestView& request);
  OwnedRequest(const OwnedRequest&) = delete;
  OwnedRequest& operator=(const OwnedRequest&) = delete;
  net::RequestView view() const { return {method_, target_, body_, views_}; }

 private:
  std::string method_, target_, body_;
  std::vector<net::Header> headers_;
  std::vector<net::HeaderView> views_;
};

}  // namespace edgewise::score::detail
