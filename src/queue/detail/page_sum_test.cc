#include "queue/detail/page_sum.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace edgewise::queue::detail {
namespace {

std::string Bytes(std::size_t size) {
  std::mt19937_64 random(size);
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

void Flip(std::string& bytes, std::size_t bit) { bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8))); }

TEST(PageSum, EachFlippedBitIsMended) {
  for (const std::size_t size : {1U, 8U, 4088U}) {
    const auto whole = Bytes(size);
    auto sum = SumOf(whole);
    auto bytes = whole;
    EXPECT_EQ(Mend(bytes, sum), Damage::kNone);
    for (std::size_t bit = 0; bit < size * 8; bit += size > 8 ? 7 : 1) {
      Flip(bytes, bit);
      ASSERT_EQ(Mend(bytes, sum), Damage::kMended) << "bit " << bit << " of " << size << " bytes";
      ASSERT_EQ(bytes, whole);
    }
  }
}

TEST(PageSum, AFlippedBitOfTheSumIsMended) {
  auto bytes = Bytes(4088);
  const auto whole = bytes;
  const auto sum = SumOf(bytes);
  for (std::uint32_t bit = 0; bit < 64; ++bit) {
    auto flipped = sum;
    (bit < 32 ? flipped.crc : flipped.parity) ^= 1U << (bit % 32);
    ASSERT_EQ(Mend(bytes, flipped), Damage::kMended) << bit;
    ASSERT_EQ(flipped, sum);
    ASSERT_EQ(bytes, whole);
  }
}

TEST(PageSum, WorseDamageIsFoundAndLeft) {
  const auto whole = Bytes(4088);
  std::mt19937_64 random(1);
  for (int i = 0; i < 500; ++i) {
    auto bytes = whole;
    auto sum = SumOf(whole);
    Flip(bytes, random() % 16000);
    Flip(bytes, 16000 + random() % 16000);
    const auto damaged = bytes;
    ASSERT_EQ(Mend(bytes, sum), Damage::kBeyondMending);
    ASSERT_EQ(bytes, damaged);
  }
}

}  // namespace
}  // namespace edgewise::queue::detail
