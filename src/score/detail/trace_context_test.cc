#include "score/detail/trace_context.h"

#include <gtest/gtest.h>

#include <set>

namespace edgewise::score::detail {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kSpan = "00f067aa0ba902b7";

TEST(TraceContext, AValidHeaderIsTakenApart) {
  const auto header = "00-" + kTrace + "-" + kSpan + "-01";
  const auto parsed = ParseTraceParent(header);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->trace, kTrace);
  EXPECT_EQ(parsed->flags, "01");
  EXPECT_TRUE(ParseTraceParent("01-" + kTrace + "-" + kSpan + "-01-more"));
  EXPECT_TRUE(ParseTraceParent("cc-" + kTrace + "-" + kSpan + "-00"));
}

TEST(TraceContext, WhatTheStandardForbidsIsNoTrace) {
  const std::string zeros(32, '0');
  for (const auto& header :
       {std::string(), "00-" + kTrace + "-" + kSpan, "00-" + kTrace + "-" + kSpan + "-01-more", "00-" + kTrace + "-" + kSpan + "-01 ",
        "ff-" + kTrace + "-" + kSpan + "-01", "00-" + zeros + "-" + kSpan + "-01", "00-" + kTrace + "-" + zeros.substr(16) + "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + kSpan + "-01", "00-" + kTrace + "-" + kSpan + "-0x", "0-0" + kTrace + "-" + kSpan + "-01",
        "01-" + kTrace + "-" + kSpan + "-01.more", "00_" + kTrace + "-" + kSpan + "-01"}) {
    EXPECT_FALSE(ParseTraceParent(header)) << header;
  }
}

TEST(TraceContext, AnAnswerKeepsTheTraceAndHasASpanOfItsOwn) {
  SpanIds spans;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    std::string out;
    WriteTraceParent(ParseTraceParent("00-" + kTrace + "-" + kSpan + "-01"), spans, out);
    const auto again = ParseTraceParent(out);
    ASSERT_TRUE(again) << out;
    EXPECT_EQ(again->trace, kTrace);
    EXPECT_TRUE(seen.insert(out).second);
    WriteTraceParent(std::nullopt, spans, out);
    ASSERT_TRUE(ParseTraceParent(out)) << out;
    EXPECT_TRUE(seen.insert(out.substr(0, 35)).second);
  }
}

}  // namespace
}  // namespace edgewise::score::detail
