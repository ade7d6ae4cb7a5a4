#include "score/detail/trace_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/lineage_id.h"

namespace edgewise::score::detail {
namespace {

bool IsHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool IsZero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

SpanIds::SpanIds() {
  const auto seed = LineageId::Random();
  std::memcpy(&state_, seed.bytes().data(), sizeof(state_));
  state_ |= 1;
}

std::uint64_t SpanIds::Next() {  // xorshift64*: its state is never 0, and an odd factor keeps it so
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return state_ * 0x2545F4914F6CDD1DULL;
}

std::optional<TraceParent> ParseTraceParent(std::string_view header) {
  constexpr std::size_t kLength = 55;
  if (header.size() < kLength || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const auto version = header.substr(0, 2);
  const auto trace = header.substr(3, 32);
  const auto span = header.substr(36, 16);
  const auto flags = header.substr(53, 2);
  if (!IsHex(version) || !IsHex(trace) || !IsHex(span) || !IsHex(flags) || version == "ff" || IsZero(trace) || IsZero(span)) {
    return std::nullopt;
  }
  if (header.size() > kLength && (version == "00" || header[kLength] != '-')) return std::nullopt;
  return TraceParent{trace, flags};
}

void WriteTraceParent(std::optional<TraceParent> parent, SpanIds& spans, std::string& out) {
  out.clear();
  if (parent) {
    fmt::format_to(std::back_inserter(out), "00-{}-{:016x}-{}", parent->trace, spans.Next(), parent->flags);
  } else {
    fmt::format_to(std::back_inserter(out), "00-{:016x}{:016x}-{:016x}-00", spans.Next(), spans.Next(), spans.Next());
  }
}

}  // namespace edgewise::score::detail
