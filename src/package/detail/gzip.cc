#include "package/detail/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

namespace edgewise::package::detail {
namespace {

constexpr int kGzip = 15 + 16;  // window bits; +16 = gzip wrapper
constexpr std::size_t kStep = 256u << 10;

/// zlib counts in 32 bits: hands `rest` over in pieces.
void Feed(z_stream& stream, std::string_view& rest) {
  if (stream.avail_in > 0 || rest.empty()) return;
  const auto piece = rest.substr(0, std::size_t{1} << 30);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  stream.avail_in = static_cast<uInt>(piece.size());
  rest.remove_prefix(piece.size());
}

void Offer(z_stream& stream, std::string& out, std::size_t size) {
  out.resize(size + kStep);
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
  stream.avail_out = static_cast<uInt>(kStep);
}

struct Deflate {
  z_stream stream{};
  bool good = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, 9, Z_DEFAULT_STRATEGY) == Z_OK;
  ~Deflate() { deflateEnd(&stream); }
};

struct Inflate {
  z_stream stream{};
  bool good = inflateInit2(&stream, kGzip) == Z_OK;
  ~Inflate() { inflateEnd(&stream); }
};

}  // namespace

Result<std::string> Compress(std::string_view bytes) {
  Deflate deflater;
  gz_header header{};
  header.os = 255;  // unknown: the machine that packs must not show
  if (!deflater.good || deflateSetHeader(&deflater.stream, &header) != Z_OK) return Fail(Code::kResourceExhausted, "gzip: no memory");
  std::string out;
  std::size_t size = 0;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    Feed(deflater.stream, bytes);
    Offer(deflater.stream, out, size);
    state = deflate(&deflater.stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) return Fail(Code::kInternal, fmt::format("gzip: state {}", state));
    size = out.size() - deflater.stream.avail_out;
  }
  out.resize(size);
  return out;
}

Result<std::string> Decompress(std::string_view bytes, std::size_t limit) {
  Inflate inflater;
  if (!inflater.good) return Fail(Code::kResourceExhausted, "gzip: no memory");
  z_stream& stream = inflater.stream;
  std::string out;
  std::size_t size = 0;
  while (true) {
    Feed(stream, bytes);
    Offer(stream, out, size);
    const int state = inflate(&stream, Z_NO_FLUSH);
    size = out.size() - stream.avail_out;
    if (size > limit) return Fail(Code::kInvalidArgument, fmt::format("layer unpacks to more than {} bytes", limit));
    const bool all_read = stream.avail_in == 0 && bytes.empty();
    if (state == Z_STREAM_END && all_read) break;
    if (state == Z_STREAM_END) {
      if (inflateReset(&stream) != Z_OK) return Fail(Code::kInternal, "gzip: reset");
    } else if ((state != Z_OK && state != Z_BUF_ERROR) || (all_read && stream.avail_out > 0)) {
      return Fail(Code::kInvalidArgument, "layer is damaged gzip or cut short; push the image again");
    }
  }
  out.resize(size);
  return out;
}

}  // namespace edgewise::package::detail
