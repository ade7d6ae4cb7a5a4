#include "net/detail/socket.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <charconv>

namespace edgewise::net::detail {
namespace asio = boost::asio;

Result<Endpoint> ParseAddress(const Address& address) {
  const std::string_view text = address.text;
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    const auto path = text.substr(kUnix.size());
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
      return Fail(Code::kInvalidArgument, fmt::format("address \"{}\": a socket path has 1 to {} bytes; choose a shorter folder", text,
                                                      sizeof(sockaddr_un::sun_path) - 1));
    }
    return Endpoint(asio::local::stream_protocol::endpoint(std::string(path)));
  }
  const auto colon = text.rfind(':');
  unsigned port = 65536;
  if (colon != std::string_view::npos) {
    const auto digits = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size()) port = 65536;
  }
  std::string host(text.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(host, error);
  if (error || port > 65535) {
    return Fail(Code::kInvalidArgument, fmt::format("address \"{}\" is not like 127.0.0.1:8080 or unix:/path", text));
  }
  return Endpoint(asio::ip::tcp::endpoint(ip, static_cast<unsigned short>(port)));
}

bool IsUnix(const Endpoint& endpoint) { return endpoint.data()->sa_family == AF_UNIX; }

std::string AddressText(const Endpoint& endpoint) {
  if (IsUnix(endpoint)) return std::string("unix:") + reinterpret_cast<const sockaddr_un*>(endpoint.data())->sun_path;
  asio::ip::tcp::endpoint tcp;
  tcp.resize(endpoint.size());
  std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
  const auto host = tcp.address().to_string();
  return tcp.address().is_v6() ? fmt::format("[{}]:{}", host, tcp.port()) : fmt::format("{}:{}", host, tcp.port());
}

Result<void> RunUntil(asio::io_context& context, Socket& socket, const bool& done, Deadline deadline, std::string_view what) {
  while (!done) {
    context.restart();
    if (context.run_one_for(deadline.Left()) > 0) continue;
    boost::system::error_code ignored;
    socket.close(ignored);
    context.restart();
    context.run();
    return Fail(Code::kDeadlineExceeded, fmt::format("{}: no answer in time", what));
  }
  return {};
}

Result<void> Connect(asio::io_context& context, Socket& socket, const Address& address, Deadline deadline) {
  EDGEWISE_ASSIGN(const auto endpoint, ParseAddress(address));
  boost::system::error_code failure;
  bool done = false;
  socket.async_connect(endpoint, [&](boost::system::error_code error) {
    failure = error;
    done = true;
  });
  EDGEWISE_TRY(RunUntil(context, socket, done, deadline, fmt::format("connect to {}", address.text)));
  if (!failure && !IsUnix(endpoint)) {
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  }
  if (!failure) return {};
  boost::system::error_code ignored;
  socket.close(ignored);
  return Fail(Code::kUnavailable, fmt::format("cannot connect to {}: {}; is it running?", address.text, failure.message()));
}

}  // namespace edgewise::net::detail
