#include "score/tensor.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "score/model_engine.h"

namespace edgewise::score {
namespace {

constexpr std::size_t kLimit = 1'000'000;

std::optional<std::size_t> Count(std::vector<std::int64_t> shape, std::size_t limit = kLimit) { return CountElements(shape, limit); }

TEST(Tensor, EveryDatatypeIsFoundByItsName) {
  constexpr std::array<std::string_view, 14> kNames{"BOOL",  "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16",
                                                    "INT32", "INT64", "FP16",   "BF16",   "FP32",   "FP64", "BYTES"};
  constexpr std::array<std::size_t, 14> kSizes{1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 0};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const auto type = DataTypeOf(kNames[i]);
    ASSERT_TRUE(type) << kNames[i];
    EXPECT_EQ(NameOf(*type), kNames[i]);
    EXPECT_EQ(SizeOf(*type), kSizes[i]) << kNames[i];
  }
}

TEST(Tensor, UnknownDatatypesHaveNoName) {
  for (const std::string_view name : {"", "fp32", "FP8", "STRING", "FP32 "}) EXPECT_FALSE(DataTypeOf(name)) << name;
}

TEST(Tensor, CountsElements) {
  EXPECT_EQ(Count({}), 1U);
  EXPECT_EQ(Count({7}), 7U);
  EXPECT_EQ(Count({2, 3, 4}), 24U);
  EXPECT_EQ(Count({1000, 1000}), kLimit);
  EXPECT_EQ(Count({0}), 0U);
  EXPECT_EQ(Count({1}, 0), std::nullopt);
}

TEST(Tensor, AShapeThatLiesIsNotCounted) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(Count({1001, 1000}), std::nullopt);
  EXPECT_EQ(Count({std::int64_t{1} << 40, 20}), std::nullopt);
  EXPECT_EQ(Count({std::int64_t{1} << 32, std::int64_t{1} << 32}), std::nullopt);  // 2^64 is 0 for who multiplies first
  EXPECT_EQ(Count({kMost, kMost, kMost}, std::numeric_limits<std::size_t>::max()), std::nullopt);
  EXPECT_EQ(Count({-1, 20}), std::nullopt);
  EXPECT_EQ(Count({0, -1}), std::nullopt);
  EXPECT_EQ(Count({std::numeric_limits<std::int64_t>::min()}), std::nullopt);
  EXPECT_EQ(Count({kMost, kMost, 0}), 0U);
}

TEST(Tensor, ShapesReadAsInJson) {
  EXPECT_EQ(ShapeText({}), "[]");
  EXPECT_EQ(ShapeText(std::vector<std::int64_t>{2, -1}), "[2,-1]");
}

TEST(Check, AcceptsWhatFits) {
  const TensorInfo rows{.name = "hour", .type = DataType::kFp32, .shape = {-1, 2}};
  EXPECT_TRUE(Check(rows, DataType::kFp32, std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(Check(rows, DataType::kFp32, std::vector<std::int64_t>{0, 2}));
  const TensorInfo any{.name = "any", .type = DataType::kFp32, .shape = {}, .ranked = false};
  EXPECT_TRUE(Check(any, DataType::kFp32, {}));
  EXPECT_TRUE(Check(any, DataType::kFp32, std::vector<std::int64_t>{3, 4, 5}));
}

TEST(Check, SaysWhatIsExpected) {
  struct Case {
    TensorInfo info;
    DataType type;
    std::vector<std::int64_t> shape;
    std::string_view message;
  };
  const TensorInfo hour{.name = "hour", .type = DataType::kFp32, .shape = {-1, 1}};
  const TensorInfo any{.name = "any", .type = DataType::kFp32, .shape = {}, .ranked = false};
  const TensorInfo scalar{.name = "scalar", .type = DataType::kFp32, .shape = {}};
  const std::vector<Case> cases{
      {hour, DataType::kFp32, {2, 2}, R"(input "hour" has shape [2,2], expected [-1,1])"},
      {hour, DataType::kFp32, {2}, R"(input "hour" has shape [2], expected [-1,1])"},
      {hour, DataType::kFp32, {2, 1, 1}, R"(input "hour" has shape [2,1,1], expected [-1,1])"},
      {hour, DataType::kFp32, {-1, 1}, R"(input "hour" has shape [-1,1], expected [-1,1])"},
      {hour, DataType::kFp64, {2, 1}, R"(input "hour" has datatype FP64, expected FP32)"},
      {any, DataType::kFp32, {3, -1}, R"(input "any" has shape [3,-1], expected axes of 0 or more)"},
      {scalar, DataType::kFp32, {1}, R"(input "scalar" has shape [1], expected [])"},
  };
  for (const auto& each : cases) {
    const auto checked = Check(each.info, each.type, each.shape);
    ASSERT_FALSE(checked) << each.message;
    EXPECT_EQ(checked.error().code, Code::kInvalidArgument);
    EXPECT_EQ(checked.error().message, each.message);
  }
}

}  // namespace
}  // namespace edgewise::score
