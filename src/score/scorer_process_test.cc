#include "score/scorer_process.h"

#include <gtest/gtest.h>

namespace edgewise::score {
namespace {

TEST(ScorerProcessTest, LimitsOfHttpHoldForGrpcToo) {
  ScorerProcess process;
  process.grpc = net::Address{"127.0.0.1:8001"};
  process.server.http.threads = 3;
  process.server.http.max_body = 5u << 20;
  process.server.score_limit = std::chrono::milliseconds(1234);
  process.grpc_limits.streams = 7;
  process.grpc_limits.metadata_bytes = 4096;
  process.grpc_limits.calls = 99;
  const auto options = GrpcOptionsOf(process);
  EXPECT_EQ(options.address.text, "127.0.0.1:8001");
  EXPECT_EQ(options.threads, 3U);
  EXPECT_EQ(options.first_thread, 3U);
  EXPECT_EQ(options.limits.message_bytes, 5u << 20);
  EXPECT_EQ(options.limits.streams, 7U);
  EXPECT_EQ(options.limits.metadata_bytes, 4096U);
  EXPECT_EQ(options.limits.calls, 99U);
  EXPECT_EQ(options.score_limit, std::chrono::milliseconds(1234));
}

}  // namespace
}  // namespace edgewise::score
