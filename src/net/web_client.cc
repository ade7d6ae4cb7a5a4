#include "net/web_client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <new>
#include <optional>

namespace edgewise::net {
namespace {

constexpr std::size_t kLargestAnswer = 256u << 20;
constexpr std::chrono::seconds kConnect{5};

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Lines = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Handle MakeHandle() {
  static const auto ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  return {ready == CURLE_OK ? curl_easy_init() : nullptr, &curl_easy_cleanup};
}

/// The library takes its options by a macro with varying arguments; each of ours is of the right type.
template <class T>
void Set(CURL* handle, CURLoption option, T value) {
  (void)curl_easy_setopt(handle, option, value);
}

bool IsThisMachine(std::string_view origin) {
  const auto host = origin.substr(origin.find("://") + 3);
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

/// A line that is down is noticed within seconds: what was sent and is not acknowledged for so long, or a peer that does not answer probes,
/// ends the connection. A slow line that moves is not down. tcp(7), RFC 5482.
constexpr unsigned kUnacknowledgedMs = 5000;

int PrepareSocket(void*, curl_socket_t socket, curlsocktype) {
  (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMs, sizeof kUnacknowledgedMs);  // without it, it takes longer
  return CURL_SOCKOPT_OK;
}

struct Answer {
  HttpResponse response;
  bool too_large = false;
};

std::size_t TakeBody(const char* bytes, std::size_t, std::size_t size, void* answer) {
  auto& [response, too_large] = *static_cast<Answer*>(answer);
  too_large = response.body.size() + size > kLargestAnswer;
  if (too_large) return 0;  // ends the transfer
  response.body.append(bytes, size);
  return size;
}

std::size_t TakeHeader(const char* bytes, std::size_t, std::size_t size, void* answer) {
  auto& headers = static_cast<Answer*>(answer)->response.headers;
  const std::string_view line(bytes, size);
  if (line.starts_with("HTTP/")) headers.clear();  // of "100 Continue", say
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  const auto first = line.find_first_not_of(" \t", colon + 1);
  const auto last = line.find_last_not_of(" \t\r\n");
  headers.push_back({std::string(line.substr(0, colon)), first > last ? "" : std::string(line.substr(first, last - first + 1))});
  return size;
}

Code CodeOf(CURLcode result) {
  switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
      return Code::kDeadlineExceeded;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Code::kInvalidArgument;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return Code::kFailedPrecondition;
    case CURLE_OUT_OF_MEMORY:
      return Code::kResourceExhausted;
    default:
      return Code::kUnavailable;  // of a hundred codes: what is between us and the server failed
  }
}

}  // namespace

struct WebClient::State {
  std::string origin;
  Handle handle{nullptr, &curl_easy_cleanup};
  std::array<char, CURL_ERROR_SIZE> said{};
  std::optional<ProcessingTime> certificate_ends;

  /// Only a new connection shows certificates.
  void LookAtCertificate();
  void Prepare(const HttpRequest& request, const Lines& headers, Answer& answer, Deadline deadline);
  std::unexpected<Error> Failed(CURLcode result, const Answer& answer) const;
};

WebClient::WebClient(std::string origin) : state_(std::make_unique<State>()) { state_->origin = std::move(origin); }
WebClient::~WebClient() = default;
WebClient::WebClient(WebClient&&) noexcept = default;
WebClient& WebClient::operator=(WebClient&&) noexcept = default;

void WebClient::State::Prepare(const HttpRequest& request, const Lines& headers, Answer& answer, Deadline deadline) {
  auto* curl = handle.get();
  curl_easy_reset(curl);  // connections stay
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.Left());
  Set(curl, CURLOPT_URL, (origin + request.target).c_str());
  Set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(curl, CURLOPT_NOSIGNAL, 1L);
  Set(curl, CURLOPT_PATH_AS_IS, 1L);
  Set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  Set(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min<std::chrono::milliseconds>(left, kConnect).count()));
  Set(curl, CURLOPT_SOCKOPTFUNCTION, &PrepareSocket);
  Set(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  Set(curl, CURLOPT_TCP_KEEPIDLE, 3L);
  Set(curl, CURLOPT_TCP_KEEPINTVL, 1L);
  Set(curl, CURLOPT_CERTINFO, 1L);
  Set(curl, CURLOPT_ERRORBUFFER, said.data());
  if (IsThisMachine(origin)) Set(curl, CURLOPT_PROXY, "");
  if (const auto* trusted = std::getenv("SSL_CERT_FILE"); trusted != nullptr) Set(curl, CURLOPT_CAINFO, trusted);
  if (request.method == "HEAD") {
    Set(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    Set(curl, CURLOPT_POSTFIELDS, request.body.data());
    Set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    Set(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  Set(curl, CURLOPT_HTTPHEADER, headers.get());
  Set(curl, CURLOPT_WRITEFUNCTION, &TakeBody);
  Set(curl, CURLOPT_WRITEDATA, static_cast<void*>(&answer));
  Set(curl, CURLOPT_HEADERFUNCTION, &TakeHeader);
  Set(curl, CURLOPT_HEADERDATA, static_cast<void*>(&answer));
}

void WebClient::State::LookAtCertificate() {
  constexpr std::string_view kName = "Expire date:";
  curl_certinfo* shown = nullptr;
  if (curl_easy_getinfo(handle.get(), CURLINFO_CERTINFO, &shown) != CURLE_OK || shown == nullptr || shown->num_of_certs < 1) return;
  for (const auto* line = shown->certinfo[0]; line != nullptr; line = line->next) {
    const std::string_view text = line->data;
    if (text.starts_with(kName)) certificate_ends = ParseHttpDate(text.substr(kName.size()));
  }
}

std::unexpected<Error> WebClient::State::Failed(CURLcode result, const Answer& answer) const {
  if (answer.too_large)
    return Fail(Code::kResourceExhausted, fmt::format("{}: an answer of more than {} MiB", origin, kLargestAnswer >> 20));
  const std::string why = said.front() != '\0' ? said.data() : curl_easy_strerror(result);
  return Fail(CodeOf(result), fmt::format("{}: {}", origin, why));
}

Result<HttpResponse> WebClient::Send(const HttpRequest& request, Deadline deadline) {
  auto& state = *state_;
  if (!state.handle) state.handle = MakeHandle();
  if (!state.handle) return Fail(Code::kResourceExhausted, fmt::format("{}: no memory for a connection", state.origin));
  if (deadline.Expired()) return Fail(Code::kDeadlineExceeded, fmt::format("{}: no time is left", state.origin));
  Lines headers(nullptr, &curl_slist_free_all);
  const auto add = [&headers](const std::string& line) {
    auto* longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)headers.release();
    headers.reset(longer);
  };
  add("Expect:");  // it would wait a second for a server that does not know "100-continue"
  for (const auto& header : request.headers) add(fmt::format("{}: {}", header.name, header.value));
  Answer answer;
  state.said.front() = '\0';
  state.Prepare(request, headers, answer, deadline);
  if (const auto result = curl_easy_perform(state.handle.get()); result != CURLE_OK) return state.Failed(result, answer);
  state.LookAtCertificate();
  long status = 0;
  curl_easy_getinfo(state.handle.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.response.status = static_cast<int>(status);
  return std::move(answer.response);
}

std::optional<ProcessingTime> WebClient::certificate_ends() const { return state_->certificate_ends; }

std::optional<ProcessingTime> ParseHttpDate(std::string_view text) {
  const auto seconds = curl_getdate(std::string(text).c_str(), nullptr);
  return seconds < 0 ? std::nullopt : std::optional(ProcessingTime{static_cast<std::int64_t>(seconds) * 1000});
}

}  // namespace edgewise::net
