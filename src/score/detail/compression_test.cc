#include "score/detail/compression.h"

#include <gtest/gtest.h>

namespace edgewise::score::detail {
namespace {

TEST(Compression, WhatIsPackedIsUnpackedTheSame) {
  for (const auto encoding : {Encoding::kGzip, Encoding::kDeflate}) {
    for (const std::size_t size : {0, 1, 1000, 100'000}) {
      std::string text(size, 'x');
      for (std::size_t i = 0; i < size; i += 7) text[i] = static_cast<char>(i * 31);
      std::string out;
      const auto packed = Deflate(text, encoding);
      ASSERT_TRUE(Inflate(packed, encoding, size, out)) << size;
      EXPECT_EQ(out, text);
    }
  }
}

TEST(Compression, OneByteOverTheLimitIsTooMuch) {
  const auto packed = Deflate(std::string(100'000, 'x'), Encoding::kGzip);
  std::string out;
  EXPECT_TRUE(Inflate(packed, Encoding::kGzip, 100'000, out));
  EXPECT_EQ(Inflate(packed, Encoding::kGzip, 99'999, out).error().code, Code::kResourceExhausted);
  std::string small;
  EXPECT_EQ(Inflate(packed, Encoding::kGzip, 10, small).error().code, Code::kResourceExhausted);
  EXPECT_LT(small.capacity(), 1000U);
}

TEST(Compression, DamagedCutOffOrFollowedBySomethingIsRefused) {
  const auto packed = Deflate("what is packed here is long enough to be cut", Encoding::kGzip);
  std::string out;
  for (std::size_t length = 0; length < packed.size(); ++length) {
    EXPECT_EQ(Inflate(packed.substr(0, length), Encoding::kGzip, 1000, out).error().code, Code::kInvalidArgument) << length;
  }
  auto damaged = packed;
  damaged[packed.size() - 6] ^= 1;  // in the checksum
  EXPECT_EQ(Inflate(damaged, Encoding::kGzip, 1000, out).error().code, Code::kInvalidArgument);
  EXPECT_EQ(Inflate(packed + "x", Encoding::kGzip, 1000, out).error().code, Code::kInvalidArgument);
  EXPECT_EQ(Inflate(packed + packed, Encoding::kGzip, 1000, out).error().code, Code::kInvalidArgument);
  EXPECT_EQ(Inflate(packed, Encoding::kDeflate, 1000, out).error().code, Code::kInvalidArgument);
}

TEST(Compression, TheCodingOfAnAnswerIsWhatTheClientPrefers) {
  EXPECT_EQ(AcceptedEncoding(""), Encoding::kIdentity);
  EXPECT_EQ(AcceptedEncoding("gzip"), Encoding::kGzip);
  EXPECT_EQ(AcceptedEncoding("deflate"), Encoding::kDeflate);
  EXPECT_EQ(AcceptedEncoding("deflate, GZIP"), Encoding::kGzip);
  EXPECT_EQ(AcceptedEncoding("gzip;q=0.5, deflate;q=0.8"), Encoding::kDeflate);
  EXPECT_EQ(AcceptedEncoding("gzip;q=0"), Encoding::kIdentity);
  EXPECT_EQ(AcceptedEncoding("gzip;q=0, *"), Encoding::kDeflate);
  EXPECT_EQ(AcceptedEncoding("br, identity"), Encoding::kIdentity);
  EXPECT_EQ(AcceptedEncoding("*;q=0"), Encoding::kIdentity);
  EXPECT_EQ(AcceptedEncoding(";;,,q=,gzip;q=x"), Encoding::kIdentity);
}

}  // namespace
}  // namespace edgewise::score::detail
