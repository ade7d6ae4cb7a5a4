#include "deploy/desired_state.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace edgewise::deploy {
namespace {

using nlohmann::json;

DesiredState Made() {
  return {.number = 7, .models = {{"delay", "flights/delay", Digest::Of("a"), "2013-05"}}, .policy = Digest::Of("policy")};
}

TEST(DesiredState, ComesBackAsItWasWritten) {
  EXPECT_EQ(DesiredFromJson(ToJson(Made())), Made());
  auto plain = Made();
  plain.policy = {};
  plain.models.clear();
  EXPECT_EQ(DesiredFromJson(ToJson(plain)), plain);
}

TEST(DesiredState, UnknownKeysAreIgnored) {
  auto document = json::parse(ToJson(Made()));
  document["later"] = 1;
  document["models"][0]["later"] = {1, 2};
  document["signature"] = "from a newer hub";
  EXPECT_EQ(DesiredFromJson(document.dump()), Made());
}

TEST(DesiredState, WhatDoesNotFitIsRefused) {
  const auto document = json::parse(ToJson(Made()));
  const auto refused = [&](const char* pointer, const json& value) {
    auto changed = document;
    changed[json::json_pointer(pointer)] = value;
    const auto read = DesiredFromJson(changed.dump());
    ASSERT_FALSE(read) << pointer << " " << value;
    EXPECT_EQ(read.error().code, Code::kInvalidArgument);
  };
  refused("/schema", "edgewise.desired.v2");
  for (const auto& number : {json(0), json(-1), json(1.5), json("7"), json()}) refused("/number", number);
  for (const auto& name : {json(""), json("../x"), json(".x"), json("A"), json("a/b"), json(std::string(65, 'a')), json(1)}) {
    refused("/models/0/name", name);
  }
  for (const auto& repository : {json(""), json("/a"), json("a//b"), json("a/../b"), json("a/"), json("Ä")}) {
    refused("/models/0/repository", repository);
  }
  refused("/models/0/digest", "sha256:12");
  refused("/models/0/version", 5);
  refused("/models/1", document["models"][0]);  // named twice
  refused("/models/0", "delay");
  refused("/models", nullptr);
  refused("/policy", "none");
  refused("/signature", 5);
  for (const auto* text : {"", "{", "[]", "null"}) EXPECT_FALSE(DesiredFromJson(text)) << text;
}

TEST(DesiredState, AModelTakesThePlaceOfItsNameAndTheRestStays) {
  const DesiredModel gate{"gate", "gate", Digest::Of("g"), "7"}, old{"delay", "delay", Digest::Of("o"), "1"},
      next{"delay", "d", Digest::Of("n"), "2"};
  const DesiredState state{.number = 3, .models = {old, gate}, .policy = Digest::Of("p")};
  EXPECT_EQ(WithModel(state, next), (DesiredState{.number = 3, .models = {next, gate}, .policy = Digest::Of("p")}));
  EXPECT_EQ(WithModel({.number = 3, .models = {gate}, .policy = {}}, next).models, (std::vector{gate, next}));
}

}  // namespace
}  // namespace edgewise::deploy
