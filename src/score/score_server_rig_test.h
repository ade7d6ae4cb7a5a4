#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

#include "score/made_repository_test.h"

namespace edgewise::score::test {

/// A server of five models: "made" in two versions, "strict" (NaN is an error), "echo" of many types, "half" floats, "whole" without rows.
class ScoreServerTest : public ServerRig {
 protected:
  ScoreServerTest() {
    auto engine = std::make_unique<FakeModelEngine>(3);
    fake_ = engine.get();
    repository_.Add(Sum(3), {.version = "1", .program = {}, .refuse = {}});
    repository_.Add(std::move(engine), {.version = "2", .program = {}, .refuse = {}});
    repository_.Add(Sum(3), {.model = "strict", .program = {}, .not_a_number = NotANumber::kError, .refuse = {}});
    repository_.Add(Echo({Info("n", "INT64"), Info("f", "FP64"), Info("t", "BYTES"), Info("b", "BOOL"), Info("u", "UINT8")}),
                    {.model = "echo", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("h", "FP16"), Info("b", "BF16")}), {.model = "half", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("x", "FP32", {2, -1})}), {.model = "whole", .program = {}, .refuse = {}});
  }

  static std::string Row(std::string_view data = "[1,2,3]", std::string_view more = "") {
    return fmt::format(R"({{{}"inputs":[{{"name":"features","shape":[1,3],"datatype":"FP32","data":{}}}]}})", more, data);
  }
  static std::string BinaryRow(std::string_view parameters) {
    return fmt::format(
        R"({{"parameters":{},"inputs":[{{"name":"features","shape":[1,3],"datatype":"FP32","parameters":{{"binary_data_size":12}}}}]}})",
        parameters);
  }

  FakeModelEngine* fake_ = nullptr;
};

}  // namespace edgewise::score::test
