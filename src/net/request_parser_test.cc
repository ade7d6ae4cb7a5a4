#include "net/detail/request_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "net/framing_cases_test.h"

namespace edgewise::net::detail {
namespace {

using Found = RequestParser::Found;
constexpr RequestParser::Limits kLimits{.max_header = 64u << 10, .max_body = 64u << 20};

/// A connection's bytes and its parser.
struct Stream {
  Blocks blocks;
  Input input{blocks};
  RequestParser parser{kLimits};

  /// As a connection reads: as much as there is room for, at most `piece` at a time, until a request is found or refused, or nothing is
  /// left.
  Found Feed(std::string_view& bytes, std::size_t piece) {
    auto found = parser.Parse(input);
    while (found == Found::kNotYet && !bytes.empty()) {
      const auto room = input.Room(parser.wanted());
      const auto count = std::min({room.size(), piece, bytes.size()});
      std::copy_n(bytes.data(), count, room.data());
      input.Commit(count);
      bytes.remove_prefix(count);
      found = parser.Parse(input);
    }
    return found;
  }
};

int StatusOf(const Stream& stream, Found found) { return found == Found::kRefused ? stream.parser.refusal().status : 200; }

TEST(RequestParser, UnderstandsTheSameHoweverTheBytesArrive) {
  for (const auto& one : FramingCases()) {
    for (const std::size_t piece : {1u << 20, 4096u, 7u, 1u}) {
      if (one.bytes.size() / piece > 300'000) continue;
      Stream stream;
      std::string_view bytes = one.bytes;
      const auto found = stream.Feed(bytes, piece);
      ASSERT_NE(found, Found::kNotYet) << one.name << " in pieces of " << piece;
      EXPECT_EQ(StatusOf(stream, found), one.status) << one.name << " in pieces of " << piece << ": " << stream.parser.refusal().reason;
    }
  }
}

TEST(RequestParser, GivesWholeBodiesAndLosesNothingOfTheNextRequest) {
  const std::string large(300'000, 'y');
  const std::string sent = Chunked("5\r\nhello\r\n1;x\r\n!\r\n0\r\nX-Trailer: a\r\n\r\n") + PostWith("Content-Length: 300000\r\n", large) +
                           Chunked("493E0\r\n" + large + "\r\n0\r\n\r\n") + "DELETE /last?a=b HTTP/1.1\r\nhOsT:  y \r\nX-Empty:\r\n\r\n";
  for (const std::size_t piece : {1u << 20, 1000u, 13u}) {
    Stream stream;
    std::string_view bytes = sent;
    std::vector<HeaderView> headers;
    for (const auto& body : {std::string("hello!"), large, large}) {
      ASSERT_EQ(stream.Feed(bytes, piece), Found::kRequest);
      EXPECT_EQ(stream.parser.View(stream.input, headers).body, body);
      stream.input.Consume(stream.parser.Next());
    }
    ASSERT_EQ(stream.Feed(bytes, piece), Found::kRequest);
    const auto last = stream.parser.View(stream.input, headers);
    EXPECT_EQ(last.method, "DELETE");
    EXPECT_EQ(last.path(), "/last");
    EXPECT_EQ(last.query("a"), "b");
    EXPECT_EQ(last.header("HOST"), "y");
    EXPECT_EQ(last.header("x-empty"), "");
    EXPECT_EQ(last.header("X-Trailer"), "") << "a trailer of an earlier request";
    EXPECT_EQ(last.headers.size(), 2U);
    EXPECT_EQ(last.body, "");
  }
}

TEST(RequestParser, AnAnnouncedLengthTakesNoMemoryBeforeItsBytesAreThere) {
  Stream stream;
  const auto announced = PostWith("Content-Length: 60000000\r\n", "");
  std::string_view bytes = announced;
  ASSERT_EQ(stream.Feed(bytes, 1u << 20), Found::kNotYet);
  EXPECT_EQ(stream.parser.wanted(), announced.size() + 60'000'000);
  EXPECT_LE(stream.input.Room(stream.parser.wanted()).size(), 1u << 20);
}

TEST(RequestParser, ChunksDoNotAddUpBesideTheirBody) {
  Stream stream;
  const auto sent = Chunked(Times(500'000, "1\r\nx\r\n"));
  std::string_view bytes = sent;
  ASSERT_EQ(stream.Feed(bytes, 4096), Found::kNotYet);
  EXPECT_LT(stream.input.size(), 500'000 + 8192U);
}

}  // namespace
}  // namespace edgewise::net::detail
