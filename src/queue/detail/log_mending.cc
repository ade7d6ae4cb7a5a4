#include "queue/detail/log_mending.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace edgewise::queue::detail {
namespace {

static_assert(std::endian::native == std::endian::little, "a log is summed up by words of the machine that writes it");

constexpr std::size_t kSaltsInHead = 16, kSumInHead = 24;  // two words each, as below
constexpr std::size_t kSalts = 8, kFrameSum = 16;          // in a frame's head
constexpr std::uint32_t kMagic = 0x377f0682;               // little-endian words are summed up
constexpr std::uint32_t kVersion = 3007000;

/// The sum of a log up to some place.
struct Sum {
  std::uint32_t first = 0, second = 0;
  bool operator==(const Sum&) const = default;
};

std::uint32_t Word(const char* at) {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// Numbers stand big-endian in a log.
std::uint32_t Number(const char* at) { return __builtin_bswap32(Word(at)); }
void PutNumber(char* at, std::uint32_t number) {
  number = __builtin_bswap32(number);
  std::memcpy(at, &number, sizeof number);
}

Sum SumAt(const char* at) { return {Number(at), Number(at + 4)}; }
void PutSum(char* at, const Sum& sum) {
  PutNumber(at, sum.first);
  PutNumber(at + 4, sum.second);
}

Sum Add(Sum sum, const std::string& bytes) {
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    sum.first += Word(bytes.data() + at) + sum.second;
    sum.second += Word(bytes.data() + at + 4) + sum.first;
  }
  return sum;
}

void FlipBit(std::string& bytes, std::size_t bit) { bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8))); }

/// The bits that could be the only wrong one, if bytes add up to `found` and should add up to `wanted`. What a word adds to both sums is
/// itself times two factors, which depend on how many pairs of words follow.
std::vector<std::size_t> FindBits(const std::string& bytes, const Sum& found, const Sum& wanted) {
  const std::uint32_t first = wanted.first - found.first, second = wanted.second - found.second;
  std::vector<std::size_t> bits;
  Sum of_first{1, 0}, of_second{0, 1};  // what 1 more in either sum changes in the end
  const auto consider = [&](std::size_t at, const Sum& factor) {
    const auto word = Word(bytes.data() + at);
    for (std::size_t bit = 0; bit < 32; ++bit) {
      const std::uint32_t one = 1U << bit;
      const auto change = (word & one) != 0 ? 0U - one : one;
      if (factor.first * change == first && factor.second * change == second) bits.push_back(at * 8 + bit);
    }
  };
  for (auto at = bytes.size(); at >= 8; at -= 8) {
    consider(at - 4, of_second);
    const Sum both{of_first.first + of_second.first, of_first.second + of_second.second};
    consider(at - 8, both);
    of_second = {both.first + of_second.first, both.second + of_second.second};
    of_first = both;
  }
  return bits;
}

int Differing(const Sum& one, const Sum& other) {
  return std::popcount(one.first ^ other.first) + std::popcount(one.second ^ other.second);
}

/// kUnknown: one bit is wrong, nobody can tell which. kNo: more than that.
enum class Sound : std::uint8_t { kYes, kMended, kUnknown, kNo };

/// Whether bytes behind `before` add up to `stored`; one wrong bit in either is mended.
Sound MendBytes(std::string& bytes, const Sum& before, Sum& stored) {
  const auto found = Add(before, bytes);
  if (found == stored) return Sound::kYes;
  const auto bits = FindBits(bytes, found, stored);
  const bool sum_flipped = Differing(found, stored) == 1;
  if (bits.size() + (sum_flipped ? 1 : 0) > 1) return Sound::kUnknown;
  if (sum_flipped) {
    stored = found;
    return Sound::kMended;
  }
  if (bits.empty()) return Sound::kNo;
  FlipBit(bytes, bits.front());
  return Sound::kMended;
}

/// Of the log's own head, whose first words are the same in each log that is ours.
Sound MendHead(std::string& log) {
  const auto before = log.substr(0, kLogHead);
  PutNumber(log.data(), kMagic);
  PutNumber(log.data() + 4, kVersion);
  PutNumber(log.data() + 8, kPageBytes);
  auto summed = log.substr(0, kSumInHead);
  auto stored = SumAt(log.data() + kSumInHead);
  const auto sound = MendBytes(summed, {}, stored);
  if (sound == Sound::kYes || sound == Sound::kMended) {
    log.replace(0, summed.size(), summed);
    PutSum(log.data() + kSumInHead, stored);
  }
  int differing = 0;
  for (std::size_t i = 0; i < kLogHead; ++i) differing += std::popcount(static_cast<unsigned char>(before[i] ^ log[i]));
  if (differing == 0) return sound;
  if (differing == 1 && (sound == Sound::kYes || sound == Sound::kMended)) return Sound::kMended;
  log.replace(0, kLogHead, before);
  return Sound::kNo;
}

}  // namespace

MendedLog MendLog(std::string& log) {
  MendedLog result;
  if (log.size() < kLogHead) return result;
  const auto head = MendHead(log);
  if (head != Sound::kYes && head != Sound::kMended) return result;
  result.mended += head == Sound::kMended ? 1 : 0;
  auto as_written = SumAt(log.data() + kSumInHead);
  auto as_kept = as_written;  // another one behind a frame that is kept with a wrong bit
  std::optional<Sum> other;   // than as_written, if the wrong bit may be in the sum itself: the next frame tells
  for (auto at = kLogHead; at + kFrameBytes <= log.size(); at += kFrameBytes) {
    char* const frame = log.data() + at;
    auto summed = std::string(frame, kSalts).append(frame + kFrameHead, kPageBytes);
    auto stored = SumAt(frame + kFrameSum);
    if (other && Add(*other, summed) == stored) as_written = *other;
    const auto sound = MendBytes(summed, as_written, stored);
    if (sound == Sound::kNo) break;
    other = sound == Sound::kUnknown ? std::optional(Add(as_written, summed)) : std::nullopt;
    const bool salts = std::memcmp(frame + kSalts, log.data() + kSaltsInHead, 8) == 0;  // no sum has those of a frame
    result.mended += (sound == Sound::kMended ? 1U : 0U) + (salts ? 0U : 1U);
    result.unknown += sound == Sound::kUnknown ? 1 : 0;
    as_written = stored;
    as_kept = Add(as_kept, summed);
    std::memcpy(frame, summed.data(), kSalts);
    std::memcpy(frame + kSalts, log.data() + kSaltsInHead, 8);
    PutSum(frame + kFrameSum, as_kept);
    std::memcpy(frame + kFrameHead, summed.data() + kSalts, kPageBytes);
  }
  return result;
}

}  // namespace edgewise::queue::detail
