// From stored objects to answers of the API, with the store's and the index's fakes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "hub/api.h"
#include "hub/fake_index.h"
#include "hub/indexer.h"
#include "store/fake_store.h"

/// Stands in for the real policy, which is not linked here: Permitted can be made by a class of this name alone.
namespace edgewise::relay {
class Policy {
 public:
  static event::Permitted<std::string> Permit(std::string bytes) { return event::Permitted<std::string>(std::move(bytes)); }
};
}  // namespace edgewise::relay

namespace edgewise::hub {
namespace {

using Json = nlohmann::json;

const std::string kDigest = Digest::Of("image").ToString();
const std::string kRow(32, 'a');
const std::string kInsight(32, 'b');
constexpr const char* kFolder = "sites/EWR/";

std::string Pack(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

std::string EventLine(std::uint64_t sequence, std::string_view type, const std::string& lineage, const Json& data) {
  const bool sample = type.starts_with("io.edgewise.sample.");
  event::Event event;
  event.id = {"EWR", 1, sample ? event::Lane::kSample : event::Lane::kInsight, sequence};
  event.type = type;
  event.time = *ParseTime("2013-02-01T12:00:00Z");
  event.lineage = *LineageId::Parse(lineage);
  event.data = data.dump();
  return event::ToJson(event) + "\n";
}

Json SampleData() { return {{"model", kDigest}, {"score", 0.7}, {"label", 1}, {"day", "2013-02-01"}, {"n", {1.5}}, {"c", {"UA"}}}; }
Json InsightData() {
  return {{"hour", "2013-02-01T11:00:00Z"},
          {"scored", 9},
          {"mean_score", 0.2},
          {"high_risk", 1},
          {"labelled", 3},
          {"late", 1},
          {"model", kDigest},
          {"rows", {kRow}}};
}

struct Stored {
  std::string lane = "sample";
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  std::uint64_t events = 1;
};

struct Hub {
  store::FakeStore store;
  FakeIndex index;
  Metrics metrics;
  ReplayClock clock;
  Indexer indexer{store, index, metrics};
  std::unique_ptr<Fleet> fleet = *Fleet::Open(index, clock, {.sites = {"EWR", "JFK"}});
  std::unique_ptr<Timeline> timeline = *Timeline::Open(index);
  Api api{index, *fleet, *timeline};

  std::string Put(const Stored& stored, const std::string& lines, Json changes = Json::object()) {
    const auto bytes = Pack(lines);
    const auto stem = fmt::format("{}{}/e000001/{:012}-{:012}", kFolder, stored.lane, stored.first, stored.last);
    Json manifest = {{"schema", "edgewise.batch.v1"},
                     {"site", "EWR"},
                     {"lane", stored.lane},
                     {"epoch", 1},
                     {"first", stored.first},
                     {"last", stored.last},
                     {"events", stored.events},
                     {"denied", 0},
                     {"policy", Digest::Of("p").ToString()},
                     {"output", Digest::Of(bytes).ToString()},
                     {"object", stem + ".jsonl.zst"}};
    manifest.update(changes);
    EXPECT_TRUE(store.Put(stem + ".jsonl.zst", relay::Policy::Permit(bytes), Deadline::Never()));
    EXPECT_TRUE(store.Put(stem + ".manifest.json", relay::Policy::Permit(manifest.dump()), Deadline::Never()));
    return stem + ".jsonl.zst";
  }
  std::size_t Step() {
    const auto done = indexer.Step(100, Deadline::Never());
    EXPECT_TRUE(done) << done.error().message;
    return done.value_or(0);
  }
  std::string OnlyReason() {
    const auto aside = *index.AsideList(9);
    return aside.size() == 1 ? aside[0].reason : "not one set aside";
  }
};

TEST(Indexer, IndexesNewObjectsOnceAcrossSteps) {
  Hub hub;
  hub.Put({}, EventLine(1, event::kSampleV1, kRow, SampleData()));
  EXPECT_EQ(hub.Step(), 1u);
  EXPECT_EQ(hub.Step(), 0u);
  hub.Put({.first = 2, .last = 2}, EventLine(2, event::kSampleV1, kInsight, SampleData()));
  EXPECT_EQ(hub.Step(), 1u);
  EXPECT_EQ(hub.index.Count()->indexed, 2u);
  Indexer restarted(hub.store, hub.index, hub.metrics);
  EXPECT_EQ(*restarted.Step(100, Deadline::Never()), 0u);
}

TEST(Indexer, AChangedObjectIsSetAsideAndTheNextGoesOn) {
  Hub hub;
  hub.Put({}, EventLine(1, event::kSampleV1, kRow, SampleData()), {{"output", Digest::Of("other").ToString()}});
  hub.Put({.first = 2, .last = 2}, EventLine(2, event::kSampleV1, kInsight, SampleData()));
  EXPECT_EQ(hub.Step(), 2u);
  EXPECT_EQ(hub.OnlyReason(), "object: its bytes do not fit the manifest's digest");
  EXPECT_EQ(hub.index.Count()->indexed, 1u);
}

TEST(Indexer, AnUnknownMajorIsSetAsideAndTheRestOfItsObjectCounts) {
  Hub hub;
  hub.Put({.last = 2, .events = 2},
          EventLine(1, "io.edgewise.sample.v9", kRow, SampleData()) + EventLine(2, event::kSampleV1, kInsight, SampleData()));
  EXPECT_EQ(hub.Step(), 1u);
  EXPECT_THAT(hub.OnlyReason(), testing::HasSubstr("io.edgewise.sample.v9"));
  EXPECT_EQ(hub.index.Count()->indexed, 1u);
}

TEST(Indexer, AnEventThatNestsWithoutEndIsSetAside) {
  Hub hub;
  auto data = SampleData();
  data["deep"] = Json::parse(std::string(100, '[') + std::string(100, ']'));
  hub.Put({}, EventLine(1, event::kSampleV1, kRow, data));
  hub.Step();
  EXPECT_THAT(hub.OnlyReason(), testing::HasSubstr("levels at most"));
}

TEST(Indexer, AnUnknownManifestIsSetAside) {
  Hub hub;
  hub.Put({}, EventLine(1, event::kSampleV1, kRow, SampleData()), {{"schema", "edgewise.batch.v2"}});
  hub.Step();
  EXPECT_THAT(hub.OnlyReason(), testing::HasSubstr("edgewise.batch.v2"));
}

TEST(Indexer, AnEventOfAnotherSiteIsNotBelieved) {
  Hub hub;
  hub.Put({}, EventLine(1, event::kSampleV1, kRow, SampleData()), {{"site", "JFK"}});
  hub.Step();
  EXPECT_THAT(hub.OnlyReason(), testing::HasSubstr("another site"));
  EXPECT_EQ(hub.index.Count()->indexed, 0u);
}

TEST(Indexer, FewerEventsThanTheManifestSaysAreNotBelieved) {
  Hub hub;
  hub.Put({.last = 2, .events = 2}, EventLine(1, event::kSampleV1, kRow, SampleData()));
  hub.Step();
  EXPECT_THAT(hub.OnlyReason(), testing::HasSubstr("manifest says 2"));
}

TEST(Indexer, ALostAnswerOfTheIndexIsTriedAgain) {
  Hub hub;
  hub.Put({}, EventLine(1, event::kSampleV1, kRow, SampleData()));
  hub.store.FailNext({Code::kUnavailable, "no store"});
  EXPECT_FALSE(hub.indexer.Step(100, Deadline::Never()));
  EXPECT_EQ(hub.Step(), 1u);
  EXPECT_EQ(hub.index.Count()->indexed, 1u);
}

TEST(Lineage, GoesFromAnInsightToTrainingRowsAndBack) {
  Hub hub;
  const auto object = hub.Put({}, EventLine(1, event::kSampleV1, kRow, SampleData()));
  hub.Put({.lane = "insight"}, EventLine(1, event::kInsightV1, kInsight, InsightData()));
  hub.Step();
  train::ModelCard card;
  card.name = "delay";
  card.version = "2013-05";
  card.program = "{}";
  card.objects.push_back({object, hub.index.FindObject(object)->output, 1});
  card.objects.push_back({"history/EWR.jsonl.zst", Digest::Of("history"), 9584});
  const Json model = {{"version", "2013-05"},   {"digest", kDigest},
                      {"repository", "delay"},  {"card", Json::parse(train::ToJson(card))},
                      {"decision", "promoted"}, {"reason", "better by 0.004"}};
  const auto registered = hub.fleet->RegisterModel(model.dump());
  ASSERT_TRUE(registered) << registered.error().message;

  const auto forward = Json::parse(*hub.api.Lineage(kInsight, 3));
  EXPECT_EQ(forward["scores"][0]["lineage"], kRow);
  EXPECT_EQ(forward["scores"][0]["score"], 0.7);
  EXPECT_EQ(forward["models"][0]["version"], "2013-05");
  EXPECT_EQ(forward["models"][0]["objects"][0]["verified"], true);
  EXPECT_EQ(forward["models"][0]["objects"][0]["samples"][0], kRow);
  EXPECT_EQ(forward["models"][0]["objects"][1]["stored"], false);

  const auto back = Json::parse(*hub.api.Lineage(kRow, 3));
  EXPECT_EQ(back["learned_by"][0]["digest"], kDigest);
  EXPECT_EQ(back["learned_by"][0]["object"], object);
  EXPECT_EQ(back["named_by"][0]["lineage"], kInsight);
  EXPECT_EQ(hub.api.Lineage(std::string(32, 'c'), 3).error().code, Code::kNotFound);
}

TEST(Lineage, AnInsightWithOddFieldsIsShownAndBreaksNothing) {
  Hub hub;
  auto data = InsightData();
  data["model"] = nullptr;
  data["mean_score"] = nullptr;
  data["worst"] = {{"lineage", 7}};
  hub.Put({.lane = "insight"}, EventLine(1, event::kInsightV1, kInsight, data));
  hub.Step();
  EXPECT_EQ(Json::parse(*hub.api.Lineage(kInsight, 3))["scores"][0]["score"], nullptr);
  EXPECT_TRUE(hub.api.Insights("", 24));
}

TEST(Api, ShowsTheFourStatesOfASite) {
  Hub hub;
  hub.clock.SetNow({1'000'000});
  const auto state = [&](std::size_t i) { return Json::parse(*hub.api.Overview())["sites"][i]["state"]; };
  EXPECT_EQ(state(0), "empty");
  ASSERT_TRUE(hub.fleet->Report("EWR", R"({"site":"EWR","clock":"2013-02-01T00:00:00Z","stopped":null})"));
  EXPECT_EQ(state(0), "live");
  hub.clock.SetNow({1'020'000});
  EXPECT_EQ(state(0), "stale");
  ASSERT_TRUE(hub.fleet->Report("EWR", R"({"site":"EWR","stopped":"relay: the store holds other bytes"})"));
  EXPECT_EQ(state(0), "error");
  EXPECT_FALSE(hub.fleet->Report("EWR", R"({"site":"JFK"})"));
}

TEST(Timeline, IsBusyWhileAStepRunsAndSaysWhatARestartBroke) {
  Hub hub;
  const auto step = *hub.timeline->Begin({0}, "train", "challenger 2013-05");
  EXPECT_TRUE(hub.timeline->Busy());
  const auto reopened = *Timeline::Open(hub.index);
  EXPECT_EQ(reopened->Steps()[0].state, "failed");
  ASSERT_TRUE(hub.timeline->End(step, true, "promoted"));
  EXPECT_FALSE(hub.timeline->Busy());
  EXPECT_FALSE(hub.timeline->End(step, true, "again"));
}

TEST(Api, AnswersByRoutes) {
  Hub hub;
  net::Router router;
  hub.api.AddRoutes(router);
  int status = 0;
  const auto ask = [&](const char* method, const char* target, std::string body = "") {
    router({.method = method, .target = target, .headers = {}, .body = std::move(body)},
           [&](net::HttpResponse response) { status = response.status; });
    return status;
  };
  for (const auto* path : {"/api/overview", "/api/sites", "/api/insights?hours=24", "/api/disruptions", "/api/readings", "/api/drift",
                           "/api/models", "/api/compliance", "/api/timeline"}) {
    EXPECT_EQ(ask("GET", path), 200) << path;
  }
  EXPECT_EQ(ask("GET", "/api/insights?hours=many"), 400);
  EXPECT_EQ(ask("GET", "/api/lineage/zz"), 400);
  EXPECT_EQ(ask("PUT", "/api/sites/EWR/desired", R"({"schema":"edgewise.desired.v1","number":1,"models":[]})"), 200);
  EXPECT_EQ(ask("GET", "/api/sites/EWR/desired"), 200);
  EXPECT_EQ(ask("POST", "/api/sites/EWR/status", R"({"site":"EWR"})"), 200);
  EXPECT_EQ(ask("POST", "/api/sites/EWX/status", R"({"site":"EWX"})"), 404);
  EXPECT_EQ(ask("PUT", "/api/sites/EWX/desired", R"({"schema":"edgewise.desired.v1","number":1,"models":[]})"), 404);
  EXPECT_EQ(ask("POST", "/api/sites/EWR/status", std::string(4'000'000, '[')), 400);
  EXPECT_EQ(ask("POST", "/api/models", "{}"), 400);
}

}  // namespace
}  // namespace edgewise::hub
