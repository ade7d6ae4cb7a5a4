#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edgewise::score::detail {

/// Random numbers for spans: unique enough, and no system call each. Threads: one at a time.
class SpanIds {
 public:
  SpanIds();             ///< Seeded by the kernel.
  std::uint64_t Next();  ///< Never 0.

 private:
  std::uint64_t state_;
};

/// What the header `traceparent` says (W3C Trace Context, version 00; later versions as far as they are alike).
struct TraceParent {
  std::string_view trace;  ///< 32 hex digits, as sent.
  std::string_view flags;  ///< 2 hex digits.
};

/// Nothing where the header is not valid: the trace then begins anew.
std::optional<TraceParent> ParseTraceParent(std::string_view header);

/// The header of our answer: the same trace, or a new one where `parent` is nothing; a span of its own.
void WriteTraceParent(std::optional<TraceParent> parent, SpanIds& spans, std::string& out);

}  // namespace edgewise::score::detail
