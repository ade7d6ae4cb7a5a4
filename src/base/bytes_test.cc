#include "base/bytes.h"

#include <gtest/gtest.h>

namespace edgewise {
namespace {

using namespace std::string_literals;

/// One of each kind.
template <class Writer>
std::string Written() {
  Writer out;
  out.Number(std::uint16_t{0x0102});
  out.Number(std::int64_t{-2});
  out.Number(1.5);
  out.Text("a\0b"s);
  out.Fixed("xyz");
  return out.Take();
}

// Files that are out there depend on these very bytes.
TEST(Bytes, AreTheSameForever) {
  const auto numbers = "\x02\x01\xfe\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\xf8\x3f"s;
  EXPECT_EQ(Written<ByteWriter>(), numbers + "\x03\0\0\0\0\0\0\0a\0bxyz"s);
  EXPECT_EQ(Written<ByteWriter32>(), numbers + "\x03\0\0\0a\0bxyz"s);
}

template <class Reader>
void ExpectReadBack(const std::string& bytes) {
  Reader in(bytes);
  EXPECT_EQ(in.template Number<std::uint16_t>(), 0x0102);
  EXPECT_EQ(in.template Number<std::int64_t>(), -2);
  EXPECT_EQ(in.template Number<double>(), 1.5);
  EXPECT_EQ(in.Text(), "a\0b"s);
  EXPECT_FALSE(in.done());
  EXPECT_EQ(in.Fixed(3), "xyz");
  EXPECT_TRUE(in.done());
}

TEST(Bytes, ComeBackAsTheyWereWritten) {
  ExpectReadBack<ByteReader>(Written<ByteWriter>());
  ExpectReadBack<ByteReader32>(Written<ByteWriter32>());
}

TEST(Bytes, CutAnywhereTheyAreNotDoneAndNothingIsReadPastTheEnd) {
  const auto whole = Written<ByteWriter>();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string bytes = whole.substr(0, size);  // a copy of its own, so that the address sanitizer sees a step too far
    ByteReader in(bytes);
    in.Number<std::uint16_t>();
    in.Number<std::int64_t>();
    in.Number<double>();
    in.Text();
    in.Fixed(3);
    EXPECT_FALSE(in.ok()) << size;
    EXPECT_FALSE(in.done()) << size;
    EXPECT_EQ(in.Number<std::uint64_t>(), 0U) << "nothing more comes after the first failure";
  }
}

TEST(Bytes, ALengthBeyondTheEndIsNoText) {
  const auto bytes = "\xff\xff\xff\xff\xff\xff\xff\xff short"s;
  ByteReader in(bytes);
  EXPECT_EQ(in.Text(), "");
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace edgewise
