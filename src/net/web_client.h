#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "net/http.h"

namespace edgewise::net {

/// A blocking HTTP/1.1 client for servers that are not ours. Names are resolved; "https" is checked against the authorities that this
/// machine trusts, or those in the file that SSL_CERT_FILE names; the environment's proxies are used (https_proxy, no_proxy), but not for
/// this machine itself. Connections are kept open; a redirect is an answer like any other.
/// A dead line is given up after 5 s, also while an answer is awaited; a server that is silent, at the deadline.
/// A request whose kept connection turns out to be closed is sent once more, so send only what done twice is as done once.
/// Threads: one at a time. Errors: kInvalidArgument (no http or https URL), kUnavailable (no such host, no connection, connection lost, a
/// name server that does not answer), kDeadlineExceeded, kFailedPrecondition (a certificate that is not trusted), kResourceExhausted (an
/// answer of more than 256 MiB). They name host and port alone: a URL may hold a secret.
/// A status >= 400 is not an error here.
class WebClient {
 public:
  /// `origin`: "https://host" or "http://host:port", what precedes the request's target.
  explicit WebClient(std::string origin);
  ~WebClient();
  WebClient(WebClient&&) noexcept;
  WebClient& operator=(WebClient&&) noexcept;
  Result<HttpResponse> Send(const HttpRequest& request, Deadline deadline);
  /// When the certificate of the server that answered last ends; none: it showed none.
  std::optional<ProcessingTime> certificate_ends() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A Date header, in any form of RFC 9110, 5.6.7. None: it is no date.
std::optional<ProcessingTime> ParseHttpDate(std::string_view text);

}  // namespace edgewise::net
