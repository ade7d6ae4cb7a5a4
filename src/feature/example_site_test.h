#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "feature/program.h"

namespace edgewise::feature::test {

constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
/// 2013-02-08T12:00:00Z, a Friday, 07:00 in New York.
inline const EventTime kNoon = ParseTime("2013-02-08T12:00:00Z").value();
inline EventTime Minutes(double minutes) { return {kNoon.ms + static_cast<std::int64_t>(minutes * kMinute)}; }

/// One feature `x` (and `y`) of one operator over small streams.
inline constexpr std::string_view kStreams = R"(
[request]
name = "text"
due = "time"
amount = {}
[streams.plan]
name = "text"
due = "time"
[streams.start]
name = "text"
delay = {}
other = {}
[streams.stop]
name = "text"
[streams.air]
heat = {}
wind = {}
)";

inline Program Made(std::string_view features, std::string_view operators = "") {
  std::string text = "schema = \"edgewise.features.v1\"\nzone = \"America/New_York\"\nfeatures = [\n";
  text.append(features).append("\n]\n").append(kStreams).append(operators);
  auto program = Program::FromToml(text, "test.toml");
  EXPECT_TRUE(program) << program.error().message;
  return *std::move(program);
}

using Fields = std::map<std::string, Value>;
inline Value Text(std::string text) { return {.text = std::move(text)}; }
inline Value Number(double number) { return {.number = number, .text = ""}; }
inline Value Time(EventTime time) { return Number(static_cast<double>(time.ms)); }

inline Record Made(const StreamSpec& stream, EventTime time, const Fields& fields) {
  Record record;
  record.time = time;
  record.values.resize(stream.fields.size());
  for (const auto& [name, value] : fields) record.values.at(static_cast<std::size_t>(stream.Find(name))) = value;
  return record;
}

/// A state with one program.
struct Site {
  explicit Site(Program with, Tables tables = {}) : program(std::move(with)), state(std::move(tables)) { state.Add(program); }

  void Apply(std::string_view stream, EventTime time, const Fields& fields) {
    const StreamSpec& spec = *program.stream(stream);
    state.Apply(spec, Made(spec, time, fields));
  }
  Sample Compute(EventTime time, const Fields& fields = {}) {
    Sample sample;
    state.Compute(program, Made(program.request(), time, fields), sample);
    return sample;
  }
  std::vector<float> Numbers(EventTime time, const Fields& fields = {}) { return Compute(time, fields).numbers; }

  Program program;
  State state;
};

/// Equal bit by bit, and two missing numbers are equal.
inline bool Same(const Sample& a, const Sample& b) {
  return a.categories == b.categories &&
         std::ranges::equal(a.numbers, b.numbers, [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

}  // namespace edgewise::feature::test
