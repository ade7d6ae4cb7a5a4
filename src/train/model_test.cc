#include "train/model.h"

#include <gtest/gtest.h>

namespace edgewise::train {
namespace {

ModelCard Card() {
  ModelCard card;
  card.name = "delay";
  card.version = "2013-05";
  card.program = R"({"schema":"edgewise.features.v1"})";
  card.recipe.select = "last-days:90";
  card.recipe.seed = 11;
  card.trained_until = ParseTime("2013-05-01T04:00:00Z").value();
  card.training = {.rows = 1000, .auc = 0.79, .logloss = 0.43};
  card.holdout = Metrics{.rows = 100, .auc = 0.77, .logloss = 0.44};
  card.profile = {{.name = "temp", .seasonal = true, .edges = {0.1F, 2}, .shares = {0.5, 0.25, 0.125, 0.125}}};
  card.objects = {{.name = "history/ewr.jsonl.zst", .digest = Digest::Of("x"), .rows = 900}};
  card.notes = {{"gate", "promoted"}};
  return card;
}

std::string With(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ModelCard, ComesBackFromItsJsonUnchanged) {
  const auto text = ToJson(Card());
  const auto back = CardFromJson(text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(ToJson(*back), text);
  EXPECT_EQ(back->recipe, Card().recipe);
  EXPECT_EQ(back->profile.at(0).edges, Card().profile.at(0).edges);
  EXPECT_EQ(back->objects.at(0).digest, Digest::Of("x"));
  EXPECT_EQ(back->holdout->rows, 100U);
  EXPECT_EQ(back->trained_until, Card().trained_until);
}

TEST(ModelCard, AnUnknownKeyIsIgnoredAndAnUnknownMajorRefused) {
  const auto text = ToJson(Card());
  EXPECT_TRUE(CardFromJson(With(text, R"({"holdout")", R"({"colour":"red","holdout")")));
  const auto newer = CardFromJson(With(text, "edgewise.model.v1", "edgewise.model.v2"));
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, Code::kInvalidArgument);
  EXPECT_NE(newer.error().message.find("schema"), std::string::npos);
}

TEST(ModelCard, WhatIsWrongIsNamedByItsKey) {
  const auto text = ToJson(Card());
  const auto message = [&](std::string_view from, std::string_view to) {
    const auto card = CardFromJson(With(text, from, to));
    return card ? std::string("accepted") : card.error().message;
  };
  EXPECT_EQ(message(R"("rounds":120)", R"("rounds":"many")"), "model card: key \"recipe.rounds\" must be of another type");
  EXPECT_EQ(message(R"("rounds":120,)", ""), "model card: key \"recipe.rounds\" is missing");
  EXPECT_EQ(message(R"("name":"delay")", R"("name":"../delay")"), "model card: key \"name\" must be 1 to 64 of a-z 0-9 . _ -");
  EXPECT_EQ(message("0.5,0.25,", "0.5,"), "model card: key \"profile[].shares\" must be two more than edges");
  EXPECT_EQ(message("sha256:2d", "sha512:2d"), "model card: key \"objects[].digest\" must be sha256:<64 hex digits>");
  for (const auto* text_of_nothing : {"", "null", "[]", "{", "7"}) EXPECT_FALSE(CardFromJson(text_of_nothing)) << text_of_nothing;
}

TEST(ModelCard, ToBeServedNeedsNoMoreThanItsSchema) {
  const auto written = ServedCardFromJson(R"({"schema":"edgewise.model.v1","program":{"schema":"edgewise.features.v1"}})");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->program, R"({"schema":"edgewise.features.v1"})");
  EXPECT_EQ(written->version, "");
  const auto trained = ServedCardFromJson(ToJson(Card()));
  ASSERT_TRUE(trained) << trained.error().message;
  EXPECT_EQ(trained->program, Card().program);
  EXPECT_EQ(trained->version, "2013-05");
  EXPECT_TRUE(ServedCardFromJson(R"({"schema":"edgewise.model.v1"})"));
  for (const auto* wrong : {"", "[]", "{}", R"({"schema":"edgewise.model.v2"})", R"({"schema":"edgewise.model.v1","program":7})"}) {
    EXPECT_FALSE(ServedCardFromJson(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace edgewise::train
