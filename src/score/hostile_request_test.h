#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "score/made_repository_test.h"

namespace edgewise::score::test {
/// One request and its verdict.
struct Hostile {
  std::string name;
  std::string body;
  int status = 400;
  std::vector<net::Header> headers = {};
  std::string target = "/v2/models/table/infer";
};

inline std::string Times(std::size_t count, std::string_view text) {
  std::string all;
  all.reserve(count * text.size());
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

inline std::string Tensor(std::string_view shape, std::string_view data, std::string_view type = "FP32", std::string_view name = "x") {
  return fmt::format(R"({{"name":"{}","shape":{},"datatype":"{}","data":{}}})", name, shape, type, data);
}
inline std::string Inputs(std::string_view inputs, std::string_view more = "") {
  return fmt::format(R"({{{}"inputs":[{}]}})", more, inputs);
}
inline std::string Infer(std::string_view shape, std::string_view data, std::string_view type = "FP32") {
  return Inputs(Tensor(shape, data, type));
}
inline std::string Honest(std::string_view more = "") { return Inputs(Tensor("[1,2]", "[1,2]"), more); }

/// Tries a table of hostile requests on the real server; after each of them an honest one must be served.
class HostileRequestTest : public ServerRig {
 protected:
  void SetUp() override {
    repository_.Add(Echo({Info("x", "FP32")}), {.model = "table", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("x", "BYTES")}), {.model = "text", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("x", "BOOL")}), {.model = "flags", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("x", "INT64")}), {.model = "whole", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("x", "FP16")}), {.model = "half", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("x", "FP32", {-1, -1, -1})}), {.model = "free", .program = {}, .refuse = {}});
    repository_.Add(Echo({Info("x", "FP32"), Info("y", "FP32")}), {.model = "pair", .program = {}, .refuse = {}});
    Serve();
  }
  void Try(const std::vector<Hostile>& table) {
    rusage before{};
    getrusage(RUSAGE_SELF, &before);
    for (const auto& hostile : table) {
      const auto response = Post(hostile.target, hostile.body, hostile.headers);
      EXPECT_EQ(response.status, hostile.status) << hostile.name << ": " << response.body.substr(0, 300);
      if (response.status >= 400) {
        EXPECT_EQ(response.header("Content-Type"), "application/json") << hostile.name;
        const auto answer = nlohmann::json::parse(response.body, nullptr, false);
        EXPECT_TRUE(answer.is_object() && answer.contains("error")) << hostile.name << ": " << response.body.substr(0, 300);
        EXPECT_LT(response.body.size(), 1000U) << hostile.name;
      }
      EXPECT_EQ(Post("/v2/models/table/infer", Honest()).status, 200) << "after " << hostile.name;
    }
    rusage after{};
    getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 512 << 10) << "KiB more than before";
  }
};

}  // namespace edgewise::score::test
