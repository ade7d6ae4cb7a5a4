#include "score/detail/rest_exchange.h"

#include <gtest/gtest.h>

#include "score/made_version_test.h"

namespace edgewise::score::detail {
namespace {

using std::chrono::steady_clock;

/// What the statistics say, success and failure, at the moment when an answer is sent.
class RestExchangeTest : public testing::Test {
 protected:
  RestExchangeTest() {
    std::vector<TensorInfo> inputs;
    inputs.push_back({.name = "x", .type = DataType::kFp32, .shape = {-1, 2}});
    version_ = std::make_shared<test::MadeVersion>(std::make_unique<FakeModelEngine>(std::move(inputs)), test::MadeVersion::Settings());
    exchange_.choice.version = version_;
    exchange_.begin = steady_clock::now();
    exchange_.write = [](const Exchange&, const StageTimes&, std::span<const TensorView>, std::string& body) -> Result<std::size_t> {
      body = "{}";
      return std::size_t{0};
    };
  }
  net::Responder Noting() {
    return [this](const net::HttpResponse& response) {
      status_ = response.status;
      success_ = version_->statistics().success.count;
      fail_ = version_->statistics().fail.count;
    };
  }

  std::shared_ptr<test::MadeVersion> version_;  // shared with the exchange
  Exchange exchange_;
  int status_ = 0;
  std::uint64_t success_ = 0, fail_ = 0;
};

TEST_F(RestExchangeTest, WhoHasTheAnswerFindsItCounted) {
  LaterWriter answer(Noting());
  exchange_.Answer({}, std::span<const TensorView>(), answer);
  EXPECT_EQ(status_, 200);
  EXPECT_EQ(success_, 1U);
  LaterWriter refusal(Noting());
  exchange_.Answer({}, Fail(Code::kInternal, "engine fault"), refusal);
  EXPECT_EQ(status_, 500);
  EXPECT_EQ(fail_, 1U);
}

}  // namespace
}  // namespace edgewise::score::detail
