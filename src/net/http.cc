#include "net/http.h"

#include <array>
#include <nlohmann/json.hpp>

#include "net/header_text.h"

namespace edgewise::net {
namespace {

std::string_view FindHeader(const std::vector<Header>& headers, std::string_view name) {
  for (const auto& header : headers) {
    if (SameName(header.name, name)) return header.value;
  }
  return {};
}

struct StatusOfCode {
  Code code;
  int status;
};
/// In this order a status finds the first code that has it.
constexpr std::array<StatusOfCode, 13> kStatuses = {{{Code::kInvalidArgument, 400},
                                                     {Code::kPermissionDenied, 403},
                                                     {Code::kNotFound, 404},
                                                     {Code::kAlreadyExists, 409},
                                                     {Code::kAborted, 409},
                                                     {Code::kFailedPrecondition, 412},
                                                     {Code::kResourceExhausted, 429},
                                                     {Code::kCancelled, 499},
                                                     {Code::kInternal, 500},
                                                     {Code::kDataLoss, 500},
                                                     {Code::kUnimplemented, 501},
                                                     {Code::kUnavailable, 503},
                                                     {Code::kDeadlineExceeded, 504}}};

}  // namespace

std::string_view HttpRequest::path() const { return std::string_view(target).substr(0, target.find('?')); }
std::string_view HttpRequest::header(std::string_view name) const { return FindHeader(headers, name); }
std::string_view HttpResponse::header(std::string_view name) const { return FindHeader(headers, name); }

HttpResponse HttpResponse::Json(int status, std::string body) { return {status, {{"Content-Type", "application/json"}}, std::move(body)}; }
HttpResponse HttpResponse::Text(int status, std::string body) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

HttpResponse HttpResponse::FromError(const Error& error) {
  const nlohmann::json document = {{"error", error.message}, {"code", CodeName(error.code)}};
  return Json(StatusOf(error.code), document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

int StatusOf(Code code) {
  for (const auto& entry : kStatuses) {
    if (entry.code == code) return entry.status;
  }
  return 500;
}

Code CodeOf(int status) {
  for (const auto& entry : kStatuses) {
    if (entry.status == status) return entry.code;
  }
  if (status == 413) return Code::kResourceExhausted;
  return status >= 400 && status < 500 ? Code::kInvalidArgument : Code::kInternal;
}

}  // namespace edgewise::net
