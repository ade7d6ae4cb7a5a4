#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace edgewise {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) { EDGEWISE_CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1); }
Hasher::~Hasher() = default;

void Hasher::Add(std::string_view bytes) { EDGEWISE_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1); }

Digest Hasher::Finish() {
  std::array<std::uint8_t, 32> out{};
  unsigned size = 0;
  EDGEWISE_CHECK(EVP_DigestFinal_ex(state_->context, out.data(), &size) == 1 && size == out.size());
  return Digest(out);
}

Digest Digest::Of(std::string_view bytes) {
  Hasher hasher;
  hasher.Add(bytes);
  return hasher.Finish();
}

Result<Digest> Digest::Parse(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (text.size() != kPrefix.size() + 64 || !text.starts_with(kPrefix))
    return Fail(Code::kInvalidArgument, "digest is not \"sha256:\" and 64 lower-case hex digits");
  auto bytes = HexDecode(text.substr(kPrefix.size()));
  if (!bytes) return std::unexpected(bytes.error());
  std::array<std::uint8_t, 32> out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return Digest(out);
}

std::string Digest::Hex() const { return HexEncode({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}); }
std::string Digest::ToString() const { return "sha256:" + Hex(); }

Digest Hmac(std::string_view key, std::string_view message) {
  std::array<std::uint8_t, 32> out{};
  unsigned size = 0;
  EDGEWISE_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()),
                      message.size(), out.data(), &size) != nullptr);
  return Digest(out);
}

std::string HexEncode(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

Result<std::string> HexDecode(std::string_view hex) {
  if (hex.size() % 2 != 0) return Fail(Code::kInvalidArgument, "hex text has an odd length");
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexValue(hex[i]), low = HexValue(hex[i + 1]);
    if (high < 0 || low < 0) return Fail(Code::kInvalidArgument, "text is not lower-case hex");
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace edgewise
