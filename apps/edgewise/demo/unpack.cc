#include "demo/unpack.h"

#include <zlib.h>
#include <zstd.h>

#include <memory>

namespace edgewise::demo {
namespace {

constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd", kGzipMagic = "\x1f\x8b";
constexpr int kGzipOnly = 15 + 16;  // window bits; +16 = gzip wrapper
constexpr std::size_t kPiece = 1U << 16U;

Result<std::string> UnpackGzip(std::string_view packed) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return Fail(Code::kResourceExhausted, "gzip: no memory");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // zlib's old signature; it only reads
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text, piece(kPiece, '\0');
  for (int state = Z_OK; state != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END) return Fail(Code::kDataLoss, "not whole gzip");
    text.append(piece, 0, piece.size() - stream.avail_out);
  }
  return text;
}

}  // namespace

Result<std::string> UnpackZstd(std::string_view packed) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  std::string text, piece(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t left = 1;
  while (left != 0 && in.pos < in.size) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) return Fail(Code::kDataLoss, "not whole zstd");
    text.append(piece, 0, out.pos);
  }
  return text;
}

Result<std::string> UnpackIfPacked(std::string_view bytes) {
  if (bytes.starts_with(kZstdMagic)) return UnpackZstd(bytes);
  if (bytes.starts_with(kGzipMagic)) return UnpackGzip(bytes);
  return std::string();
}

}  // namespace edgewise::demo
