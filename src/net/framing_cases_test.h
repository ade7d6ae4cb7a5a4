#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace edgewise::net {

/// Bytes that a hostile client sends, and what becomes of them. Shared by the tests of the parser and of the server.
struct FramingCase {
  std::string name;
  std::string bytes;
  int status = 400;  ///< 200: a request that two readers understand alike; it is served, and so is what follows. Else the connection ends.
};

inline std::string Times(std::size_t count, std::string_view text) {
  std::string all;
  all.reserve(count * text.size());
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

/// A POST with these header lines, and what follows them.
inline std::string PostWith(std::string_view lines, std::string_view rest = "hello") {
  return std::string("POST / HTTP/1.1\r\nHost: x\r\n").append(lines).append("\r\n").append(rest);
}
inline std::string Chunked(std::string_view body) { return PostWith("Transfer-Encoding: chunked\r\n", body); }
inline std::string GetWith(std::string_view lines) { return std::string("GET / HTTP/1.1\r\n").append(lines).append("\r\n"); }

inline std::vector<FramingCase> LengthCases() {
  return {{"length and transfer coding", PostWith("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
          {"transfer coding and length", PostWith("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
          {"two lengths that differ", PostWith("Content-Length: 5\r\nContent-Length: 6\r\n")},
          {"two equal lengths", PostWith("Content-Length: 5\r\nContent-Length: 5\r\n")},
          {"a length with a sign", PostWith("Content-Length: +5\r\n")},
          {"a negative zero", PostWith("Content-Length: -0\r\n", "")},
          {"a negative length", PostWith("Content-Length: -5\r\n")},
          {"a hexadecimal length", PostWith("Content-Length: 0x5\r\n")},
          {"a list of lengths", PostWith("Content-Length: 5, 5\r\n")},
          {"a length with a blank in it", PostWith("Content-Length: 5 5\r\n")},
          {"an empty length", PostWith("Content-Length:\r\n", "")},
          {"a length in words", PostWith("Content-Length: five\r\n")},
          {"a length over 64 bits", PostWith("Content-Length: 18446744073709551621\r\n")},
          {"a length over the limit", PostWith("Content-Length: 999999999999\r\n"), 413},
          {"an unknown transfer coding", PostWith("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501},
          {"chunked is not the last coding", PostWith("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 501},
          {"chunked is not the only coding", PostWith("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
          {"a vertical tab before the coding", PostWith("Transfer-Encoding:\x0b"
                                                        "chunked\r\n",
                                                        "0\r\n\r\n")},
          {"a blank before the colon", PostWith("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")},
          {"a folded transfer coding", PostWith("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
          {"a folded value", GetWith("Host: x\r\nX-Long: a\r\n\tb\r\n")},
          {"a folded empty value", GetWith("Host: x\r\nX-Long: \r\n \r\n")},
          {"an underscore in the name", PostWith("Transfer_Encoding: chunked\r\n", "0\r\n\r\n")},
          {"two transfer codings", PostWith("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
          {"a transfer coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}};
}

inline std::vector<FramingCase> ChunkCases() {
  return {{"chunks", Chunked("5\r\nhello\r\nA;a=b;c=\"d\"\r\n0123456789\r\n0\r\n\r\n"), 200},
          {"a negative chunk size", Chunked("-2\r\nhello\r\n0\r\n\r\n")},
          {"a chunk size with 0x", Chunked("0x5\r\nhello\r\n0\r\n\r\n")},
          {"a chunk size with an underscore", Chunked("5_0\r\nhello\r\n0\r\n\r\n")},
          {"a chunk size of 17 digits", Chunked("10000000000000005\r\nhello\r\n0\r\n\r\n")},
          {"a chunk size over the limit", Chunked("FFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"), 413},
          {"no chunk size", Chunked("\r\nhello\r\n0\r\n\r\n")},
          {"a line feed alone in an extension", Chunked("5;a\nb\r\nhello\r\n0\r\n\r\n")},
          {"a line feed alone after the size", Chunked("5\nhello\r\n0\r\n\r\n")},
          {"a chunk extension of 1 MB", Chunked("5;a=" + std::string(1u << 20, 'x') + "\r\nhello\r\n0\r\n\r\n"), 431},
          {"chunk extensions of 1 MB together",
           Chunked(Times(20'000, "1;a=0123456789012345678901234567890123456789\r\nx\r\n") + "0\r\n\r\n"), 431},
          {"no line end after a chunk", Chunked("5\r\nhelloXX0\r\n\r\n")},
          {"trailers that would be headers", Chunked("5\r\nhello\r\n0\r\nAuthorization: me\r\nHost: other\r\n\r\n"), 200},
          {"a length in the trailer", Chunked("5\r\nhello\r\n0\r\nContent-Length: 7\r\n\r\n")},
          {"a trailer of 1 MB", Chunked("5\r\nhello\r\n0\r\nX: " + std::string(1u << 20, 'x') + "\r\n\r\n"), 431},
          {"3 MB of chunks of one byte", Chunked(Times(500'000, "1\r\nx\r\n") + "0\r\n\r\n"), 200}};
}

inline std::vector<FramingCase> HeaderCases() {
  using namespace std::string_literals;
  return {{"a carriage return in a value", GetWith("Host: x\r\nX-A: a\rb\r\n")},
          {"a line feed alone", "GET / HTTP/1.1\nHost: x\r\n\r\n"},
          {"a line feed alone after a value", GetWith("Host: x\nX-A: b\r\n")},
          {"a zero byte in a value", GetWith("Host: x\r\nX-A: a\0b\r\n"s)},
          {"a zero byte in a name", GetWith("Host: x\r\nX\0A: ab\r\n"s)},
          {"a zero byte in the target", "GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n"s},
          {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"},
          {"no Host", GetWith("")},
          {"two Hosts", GetWith("Host: x\r\nHost: x\r\n")},
          {"a list of Hosts", GetWith("Host: a,b\r\n")},
          {"two Hosts in one", GetWith("Host: a b\r\n")},
          {"no Host in HTTP/1.0", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200},
          {"no name", GetWith("Host: x\r\n: a\r\n")},
          {"no colon", GetWith("Host: x\r\nabc\r\n")},
          {"an expectation that nobody knows", PostWith("Expect: 200-ok\r\nContent-Length: 5\r\n"), 417},
          {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
          {"another version", "GET / HTTP/1.2\r\nHost: x\r\n\r\n"},
          {"HTTP/0.9", "GET /\r\n\r\n"},
          {"10,000 headers", GetWith("Host: x\r\n" + Times(10'000, "a:b\r\n")), 431},
          {"a header of 1 MB", GetWith("Host: x\r\nX-Long: " + std::string(1u << 20, 'x') + "\r\n"), 431},
          {"a target of 1 MB", "GET /" + std::string(1u << 20, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
          {"a method of 1 MB", std::string(1u << 20, 'X') + " / HTTP/1.1\r\nHost: x\r\n\r\n", 431},
          {"a target with another host", "GET http://other/a HTTP/1.1\r\nHost: x\r\n\r\n", 200},
          {"a line end in code in the target", "GET /%0d%0aX:%20y HTTP/1.1\r\nHost: x\r\n\r\n", 200},
          {"a GET with a body", GetWith("Host: x\r\nContent-Length: 40\r\n") + "GET /smuggled HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n", 200},
          {"an upgrade", GetWith("Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"), 200}};
}

inline std::vector<FramingCase> FramingCases() {
  auto all = LengthCases();
  std::ranges::move(ChunkCases(), std::back_inserter(all));
  std::ranges::move(HeaderCases(), std::back_inserter(all));
  return all;
}

}  // namespace edgewise::net
