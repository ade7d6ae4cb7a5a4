#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/http_view.h"
#include "score/detail/compression.h"

namespace edgewise::score::detail {

inline constexpr std::string_view kJson = "application/json";  // and no charset: some clients look for these very bytes
inline constexpr std::string_view kOctets = "application/octet-stream";

/// What an answer owes to its request besides the body. Owns all of it, as answers may come later.
struct Envelope {
  Encoding encoding = Encoding::kIdentity;  ///< That the client takes.
  std::size_t encode_from = 0;              ///< Shorter bodies are sent as they are.
  std::string request_id;                   ///< X-Request-Id, given back. Empty: none.
  std::string traceparent;                  ///< Of the answer. Empty: none.

  /// Makes response.body() and the headers what is owed: all is done but the sending.
  void Close(net::ResponseWriter& response) const;
  /// Sends response.body() with all of this.
  void Send(net::ResponseWriter& response, int status, std::string_view content_type) const;
  /// {"error":"text","code":"NOT_FOUND"}; `status` 0: the one that belongs to the code. Says when to come back where that helps.
  void SendError(net::ResponseWriter& response, const Error& error, int status = 0) const;
};

/// A ResponseWriter for an answer that comes later: gathers it and calls the Responder.
class LaterWriter final : public net::ResponseWriter {
 public:
  explicit LaterWriter(net::Responder responder) : responder_(std::move(responder)) {}
  std::string& body() override { return response_.body; }
  void AddHeader(std::string_view name, std::string_view value) override {
    response_.headers.push_back({std::string(name), std::string(value)});
  }
  void Send(int status, std::string_view content_type) override;
  net::Responder Later() override { return responder_; }

 private:
  net::Responder responder_;
  net::HttpResponse response_;
};

}  // namespace edgewise::score::detail
