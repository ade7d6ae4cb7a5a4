#include "improve/detail/lines.h"

#include <fmt/format.h>
#include <zstd.h>

#include <memory>
#include <string>

namespace edgewise::improve::detail {
namespace {

constexpr std::size_t kLongestLine = 16U << 20U;

struct Release {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

/// Hands on the complete lines of `text` and keeps the rest.
void TakeLines(std::string& text, const std::function<void(std::string_view)>& take) {
  const std::string_view all = text;
  std::size_t begin = 0;
  for (auto end = all.find('\n'); end != std::string_view::npos; end = all.find('\n', begin)) {
    if (end > begin) take(all.substr(begin, end - begin));
    begin = end + 1;
  }
  text.erase(0, begin);
}

}  // namespace

Result<void> EachLine(std::string_view packed, const std::function<void(std::string_view line)>& take) {
  const std::unique_ptr<ZSTD_DCtx, Release> context(ZSTD_createDCtx());
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 27);
  std::string piece(ZSTD_DStreamOutSize(), '\0');
  std::string rest;
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t wanted = 1;  // 0 at the end of a frame
  bool full = false;       // the last piece was filled to its end: there may be more inside the context
  while (in.pos < in.size || full) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    wanted = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(wanted) != 0) return Fail(Code::kDataLoss, fmt::format("zstd: {}", ZSTD_getErrorName(wanted)));
    full = out.pos == out.size && wanted != 0;
    rest.append(piece.data(), out.pos);
    TakeLines(rest, take);
    if (rest.size() > kLongestLine) return Fail(Code::kDataLoss, "a line is longer than 16 MiB");
  }
  if (wanted != 0) return Fail(Code::kDataLoss, "zstd: the bytes end before the frame does");
  if (!rest.empty()) take(rest);
  return {};
}

}  // namespace edgewise::improve::detail
