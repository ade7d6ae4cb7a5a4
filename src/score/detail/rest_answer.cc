#include "score/detail/rest_answer.h"

#include "score/detail/numbers.h"

namespace edgewise::score::detail {

namespace {

/// An error may repeat names out of a request or a model, which are any bytes: as JSON, and no longer than somebody reads.
std::string Readable(std::string_view message) {
  constexpr std::size_t kLongest = 1000;
  const bool is_text = simdjson::validate_utf8(message.data(), message.size());
  if (is_text && message.size() <= kLongest) return std::string(message);
  std::string out(message.substr(0, kLongest));
  for (auto& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

}  // namespace

void Envelope::Close(net::ResponseWriter& response) const {
  auto& body = response.body();
  if (encoding != Encoding::kIdentity && body.size() >= encode_from) {
    body = Deflate(body, encoding);
    response.AddHeader("Content-Encoding", NameOf(encoding));
    response.AddHeader("Vary", "Accept-Encoding");
  }
  if (!request_id.empty()) response.AddHeader("X-Request-Id", request_id);
  if (!traceparent.empty()) response.AddHeader("traceparent", traceparent);
}

void Envelope::Send(net::ResponseWriter& response, int status, std::string_view content_type) const {
  Close(response);
  response.Send(status, content_type);
}

void Envelope::SendError(net::ResponseWriter& response, const Error& error, int status) const {
  auto& body = response.body();
  body = R"({"error":)";
  AppendText(body, Readable(error.message));
  body += R"(,"code":")";
  body += CodeName(error.code);
  body += "\"}";
  if (error.code == Code::kUnavailable || error.code == Code::kResourceExhausted) response.AddHeader("Retry-After", "1");
  Send(response, status == 0 ? net::StatusOf(error.code) : status, kJson);
}

void LaterWriter::Send(int status, std::string_view content_type) {
  response_.status = status;
  if (!content_type.empty()) response_.headers.push_back({"Content-Type", std::string(content_type)});
  responder_(std::move(response_));
}

}  // namespace edgewise::score::detail
