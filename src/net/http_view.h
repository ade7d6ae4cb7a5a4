#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace edgewise::net {

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

/// A request as views of its connection's buffer: nothing is copied. Valid only during the handler's call; whoever needs more of it after
/// that (Later()) copies it first. A body is always whole and contiguous, also one that was sent in chunks.
struct RequestView {
  std::string_view method;
  std::string_view target;  ///< Path and query as sent.
  std::string_view body;
  std::span<const HeaderView> headers;  ///< In the order sent, without trailers.

  std::string_view path() const;                         ///< Target without the query.
  std::string_view header(std::string_view name) const;  ///< Case-insensitive, the first of that name; "" if missing.
  /// Value of a query parameter, percent-decoded; "" if missing.
  std::string query(std::string_view name) const;
};

/// The answer to one request, during the handler's call and on its thread only. A handler calls Send() or Later(), one of them, once; what
/// else it does is a bug of ours: with neither the request is answered 500 (and the log says so), a second one is ignored.
/// Abstract so that a handler can be tested without a socket.
class ResponseWriter {
 public:
  /// Empty at first; a buffer that its thread uses again for each answer, so that writing into it takes no memory in steady state.
  virtual std::string& body() = 0;
  /// Before Send(). Content-Length and Connection are set by the server; a name or value with CR, LF or NUL is dropped.
  virtual void AddHeader(std::string_view name, std::string_view value) = 0;
  /// Answers with what body() holds now. No Content-Type header where `content_type` is "". An answer to HEAD leaves without its body, with
  /// the body's length; 204 and 304 leave without both.
  virtual void Send(int status, std::string_view content_type) = 0;
  /// The answer comes later: call the Responder once, from any thread, with status, headers and body of its own. What was written here
  /// is dropped. A Responder may outlive the connection and the server; then it does nothing. One that is destroyed without a call leaves
  /// the request open, and with it every later answer of its connection, until the connection ends.
  virtual Responder Later() = 0;

 protected:
  ~ResponseWriter() = default;
};

/// Called on the I/O thread that the connection belongs to, in order of arrival per connection; `thread` is that thread's index, below
/// Options::threads: an index for scratch space of its own. It must not block for long: it holds up every connection of its thread. If it
/// throws, the request is answered 500, the exception's type is logged, and the server goes on.
using ViewHandler = std::function<void(const RequestView& request, ResponseWriter& response, std::size_t thread)>;

/// An HttpServer whose requests are views; lifecycle, limits, errors, Post() and Stop() are HttpServer's. Requests that lie in a
/// connection's buffer together are handled one after the other, and their answers leave in one write, at the end of the turn and in
/// the order of the requests, whoever answered. A turn ends after 256 KiB of requests or answers, so that connections take turns.
/// Cost: no allocation per request in steady state where the handler uses Send().
Result<std::unique_ptr<HttpServer>> StartViews(const std::vector<Address>& addresses, ViewHandler handler, HttpServer::Options options);

}  // namespace edgewise::net
