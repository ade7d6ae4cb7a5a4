#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <string_view>
#include <utility>  // Boost 1.74's Asio needs it before itself in C++23

#include "base/deadline.h"
#include "base/result.h"
#include "net/http.h"

namespace edgewise::net::detail {

using Protocol = boost::asio::generic::stream_protocol;
using Socket = Protocol::socket;
using Endpoint = Protocol::endpoint;

/// "127.0.0.1:80" or "unix:/path" as an endpoint. Errors: kInvalidArgument. Only numeric addresses and "localhost".
Result<Endpoint> ParseAddress(const Address& address);
/// The text of a bound endpoint.
std::string AddressText(const Endpoint& endpoint);
bool IsUnix(const Endpoint& endpoint);

/// Connects, waiting until `deadline`. Errors: kUnavailable, kDeadlineExceeded, kInvalidArgument.
Result<void> Connect(boost::asio::io_context& context, Socket& socket, const Address& address, Deadline deadline);
/// Runs the operations of `context` until one of them sets `done`. Errors: kDeadlineExceeded; the socket is closed then.
Result<void> RunUntil(boost::asio::io_context& context, Socket& socket, const bool& done, Deadline deadline, std::string_view what);

}  // namespace edgewise::net::detail
