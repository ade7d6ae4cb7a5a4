#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace edgewise::net {

struct Header {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  ///< Path and query as sent.
  std::vector<Header> headers;
  std::string body;

  std::string_view path() const;                         ///< Target without the query.
  std::string_view header(std::string_view name) const;  ///< Case-insensitive; "" if missing.
  /// Value of a query parameter, percent-decoded; "" if missing.
  std::string query(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::vector<Header> headers;  ///< Content-Length, Date and Connection are set by the server.
  std::string body;

  std::string_view header(std::string_view name) const;
  static HttpResponse Json(int status, std::string body);
  static HttpResponse Text(int status, std::string body);
  /// {"error":"text","code":"NOT_FOUND"} with the status that belongs to the code (StatusOf).
  static HttpResponse FromError(const Error& error);
};

/// The one table from Code to HTTP status (400 invalid, 404, 409 exists, 412 precondition, 429 exhausted, 503 unavailable, ...), and back.
int StatusOf(Code code);
Code CodeOf(int status);

/// Answers one request; call it once, from any thread, now or later. Answers to pipelined requests leave in the order of the requests.
using Responder = std::function<void(HttpResponse)>;
/// Called on the I/O thread of its connection (with several: at the same time), in order of arrival per connection. Must not block for
/// long. If it throws, the request is answered 500, the exception's type is logged, and the server goes on.
using HttpHandler = std::function<void(HttpRequest, Responder)>;

/// Where to listen or connect: "127.0.0.1:8080" (port 0 = any free one) or "unix:/path".
struct Address {
  std::string text;
};

/// An HTTP/1.1 server with I/O threads of its own; see http_view.h for requests that are not copied. Keep-alive and pipelining: up to
/// `pipeline` requests of a connection are handed out before the first is answered.
/// Lifecycle: Start() listens and runs; Stop() (or the destructor) closes listeners, lets requests in flight finish for `drain`, joins the
/// threads. Errors of Start: kAlreadyExists (port taken: names it), kInvalidArgument (address).
class HttpServer {
 public:
  struct Options {
    std::size_t max_body = 64u << 20;    ///< Larger bodies get 413 before they are read.
    std::size_t max_header = 64u << 10;  ///< In 256 lines at most; more get 431. So do chunk extensions and trailers of this size.
    std::size_t pipeline = 1024;
    /// Of a connection's requests without answer and answers not sent: at so many bytes it is not read further. So it holds at most this,
    /// one more body, and what one request's answer takes.
    std::size_t max_in_flight = 64u << 20;
    /// Of all connections: bytes of requests read or handled, and of answers not sent. At half of it a connection with requests open is
    /// not read further; over it, whatever is being read gets 503.
    std::size_t max_held = 256u << 20;
    std::size_t max_connections = 1000;  ///< One more is closed at once.
    /// A connection silent for so long is closed; so is one that takes nothing of its answers, or sends less than 64 KiB of a request.
    std::chrono::milliseconds idle = std::chrono::seconds(120);
    std::chrono::milliseconds drain = std::chrono::seconds(5);
    std::size_t threads = 1;  ///< I/O threads. A connection stays on one of them; they get connections in turn.
  };

  static Result<std::unique_ptr<HttpServer>> Start(const std::vector<Address>& addresses, HttpHandler handler, Options options);
  virtual ~HttpServer() = default;
  virtual const std::vector<std::string>& addresses() const = 0;  ///< As bound: with the real port.
  /// Runs `work` on the first I/O thread, in order with its handlers.
  virtual void Post(std::function<void()> work) = 0;
  virtual void Stop() = 0;
};

/// A blocking HTTP/1.1 client on one kept-open connection. When the server has closed a kept connection, the request is sent once more on a
/// new one, but only if it cannot have been done: nothing of it was sent, or nothing of its answer came and its method may be repeated
/// (GET, HEAD, PUT, DELETE, OPTIONS). A POST that was sent is never sent again: kUnavailable, whether it was done is unknown.
/// Threads: one at a time. Errors: kUnavailable (cannot connect, connection lost), kDeadlineExceeded, kInvalidArgument (address).
/// A status >= 400 is not an error here.
class HttpClient {
 public:
  explicit HttpClient(Address address);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  Result<HttpResponse> Send(const HttpRequest& request, Deadline deadline);

 private:
  struct State;
  Address address_;
  std::unique_ptr<State> state_;  // from the first Send() on: it takes descriptors
};

/// A client that sends requests on one connection without waiting for the answers (HTTP/1.1 pipelining): at most `window` are open.
/// Answers come in order, to `on_response`, on the calling thread, inside Send() and Flush().
/// Errors: as HttpClient. After an error the connection is gone: which requests were done is known only up to the last answer.
class PipelinedClient {
 public:
  using OnResponse = std::function<void(std::uint64_t index, HttpResponse)>;  ///< index counts requests from 0.
  PipelinedClient(Address address, std::size_t window, OnResponse on_response);
  ~PipelinedClient();
  Result<void> Send(const HttpRequest& request, Deadline deadline);
  Result<void> Flush(Deadline deadline);  ///< Until every request is answered.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Routes by method and path pattern; "{name}" takes one segment, a last "{name...}" the rest. Unknown path 404, known path with another
/// method 405.
class Router {
 public:
  using Parameters = std::map<std::string, std::string, std::less<>>;
  using RouteHandler = std::function<void(const HttpRequest&, const Parameters&, Responder)>;
  void Add(std::string method, std::string pattern, RouteHandler handler);
  void operator()(HttpRequest request, Responder responder) const;
  /// "GET /v2/models/{model}" for each route: the OpenAPI test reads it.
  std::vector<std::string> routes() const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    RouteHandler handler;
    std::string pattern;
  };
  std::vector<Route> routes_;
};

}  // namespace edgewise::net
