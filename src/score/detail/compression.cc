#include "score/detail/compression.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/check.h"

namespace edgewise::score::detail {
namespace {

constexpr int kWindow = 15;
constexpr int kGzipWindow = kWindow + 16;  // zlib.h: "add 16 to decode only the gzip format"
constexpr int kMemory = 8;

int WindowOf(Encoding encoding) { return encoding == Encoding::kGzip ? kGzipWindow : kWindow; }

Bytef* In(std::string_view bytes) { return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); }  // zlib's older signature

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool Equal(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + 32 : x) == y; });
}

std::optional<Encoding> Named(std::string_view name) {
  if (Equal(name, "gzip") || Equal(name, "x-gzip")) return Encoding::kGzip;
  if (Equal(name, "deflate")) return Encoding::kDeflate;
  if (Equal(name, "identity")) return Encoding::kIdentity;
  return std::nullopt;
}

/// The weight behind "q=", 1 where there is none, 0 where it cannot be read.
float WeightOf(std::string_view parameters) {
  const auto at = parameters.find("q=");
  if (at == std::string_view::npos) return 1;
  float weight = 0;
  std::from_chars(parameters.data() + at + 2, parameters.data() + parameters.size(), weight);
  return weight;
}

/// Ends an inflation whatever way it is left.
struct Inflating {
  z_stream stream{};
  ~Inflating() { inflateEnd(&stream); }
};

}  // namespace

std::string_view NameOf(Encoding encoding) {
  switch (encoding) {
    case Encoding::kGzip:
      return "gzip";
    case Encoding::kDeflate:
      return "deflate";
    case Encoding::kIdentity:
      break;
  }
  return "identity";
}

Result<Encoding> ContentEncoding(std::string_view header) {
  header = Trim(header);
  if (header.empty()) return Encoding::kIdentity;
  if (const auto named = Named(header)) return *named;
  return Fail(Code::kInvalidArgument, "Content-Encoding must be gzip, deflate or identity, and one of them");
}

Encoding AcceptedEncoding(std::string_view header) {
  std::optional<float> gzip;
  std::optional<float> deflate;
  float any = 0;
  while (!header.empty()) {
    const auto one = header.substr(0, header.find(','));
    header.remove_prefix(std::min(one.size() + 1, header.size()));
    const auto semicolon = std::min(one.find(';'), one.size());
    const auto name = Trim(one.substr(0, semicolon));
    const float weight = WeightOf(one.substr(semicolon));
    if (name == "*") any = weight;
    const auto named = Named(name);
    if (named == Encoding::kGzip) gzip = weight;
    if (named == Encoding::kDeflate) deflate = weight;
  }
  const float gzip_weight = gzip.value_or(any);
  const float deflate_weight = deflate.value_or(any);
  if (gzip_weight <= 0 && deflate_weight <= 0) return Encoding::kIdentity;
  return gzip_weight >= deflate_weight ? Encoding::kGzip : Encoding::kDeflate;
}

Result<void> Inflate(std::string_view bytes, Encoding encoding, std::size_t most, std::string& out) {
  constexpr std::size_t kFirst = 16u << 10;
  Inflating inflating;
  auto& stream = inflating.stream;
  EDGEWISE_CHECK(inflateInit2(&stream, WindowOf(encoding)) == Z_OK);
  stream.next_in = In(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  out.clear();
  while (true) {
    const std::size_t had = out.size();
    if (had > most) return Fail(Code::kResourceExhausted, fmt::format("the body is larger than {} bytes when it is unpacked", most));
    // One byte over `most` tells a body of just that size from a larger one.
    const std::size_t room = std::min(std::max({kFirst, had, std::min(bytes.size() * 4, most / 4)}), most + 1 - had);
    out.resize(had + room);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    stream.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.resize(had + room - stream.avail_out);
    if (status == Z_STREAM_END) break;
    if (status != Z_OK || (stream.avail_out != 0 && stream.avail_in == 0)) {
      return Fail(Code::kInvalidArgument, fmt::format("the body is not {} data, or is cut off", NameOf(encoding)));
    }
  }
  if (out.size() > most) return Fail(Code::kResourceExhausted, fmt::format("the body is larger than {} bytes when it is unpacked", most));
  if (stream.avail_in != 0) return Fail(Code::kInvalidArgument, fmt::format("something follows the {} data of the body", NameOf(encoding)));
  return {};
}

std::string Deflate(std::string_view bytes, Encoding encoding) {
  z_stream stream{};
  EDGEWISE_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, WindowOf(encoding), kMemory, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = In(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  EDGEWISE_CHECK(status == Z_STREAM_END);
  return out;
}

}  // namespace edgewise::score::detail
