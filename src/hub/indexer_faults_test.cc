// What one bad folder or file of the store costs the others: nothing.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "hub/fake_index.h"
#include "hub/indexer.h"

namespace edgewise::hub {
namespace {

/// Two sites of two objects each; calls about a name in `faults` fail with what is there.
class FaultyStore final : public store::Store {
 public:
  std::map<std::string, Code, std::less<>> faults;

  Result<void> Put(std::string_view, const event::Permitted<std::string>&, Deadline) override { return {}; }
  Result<std::string> Get(std::string_view name, Deadline) override {
    EDGEWISE_TRY(Check(name));
    return std::string("{}");
  }
  Result<std::vector<std::string>> List(std::string_view folder, std::string_view after, std::size_t, Deadline) override {
    EDGEWISE_TRY(Check(folder));
    std::vector<std::string> names;
    for (const auto* name : {"1", "2"}) names.push_back(std::string(folder) + name + ".manifest.json");
    std::erase_if(names, [&](const auto& name) { return name <= after; });
    return names;
  }
  Result<std::vector<std::string>> Folders(std::string_view folder, Deadline) override {
    EDGEWISE_TRY(Check(folder));
    if (folder == "sites/") return std::vector<std::string>{"sites/A/", "sites/B/"};
    return std::vector{std::string(folder) + (folder.find("sample") == std::string::npos ? "sample/" : "e000001/")};
  }

 private:
  Result<void> Check(std::string_view name) const {
    const auto found = faults.find(name);
    if (found == faults.end()) return {};
    return Fail(found->second, "cannot read " + std::string(name));
  }
};

struct Hub {
  FaultyStore store;
  FakeIndex index;
  Metrics metrics;
  Indexer indexer{store, index, metrics};

  auto Step() { return indexer.Step(100, Deadline::Never()); }
  /// "{}" is no manifest: an object that was dealt with is set aside.
  std::size_t DealtWith() { return index.AsideList(99)->size(); }
};

TEST(Indexer, AManifestThatCannotBeReadForGoodIsSetAsideAndTheRestGoesOn) {
  for (const auto code : {Code::kFailedPrecondition, Code::kDataLoss, Code::kNotFound}) {
    Hub hub;
    const std::string manifest = "sites/A/sample/e000001/1.manifest.json";
    hub.store.faults = {{manifest, code}};
    EXPECT_EQ(*hub.Step(), 4u);
    EXPECT_EQ(*hub.Step(), 0u);
    EXPECT_EQ(hub.index.AsideList(99)->back().reason, "cannot read " + manifest);
  }
}

TEST(Indexer, WhatMayPassIsToldAndTriedAgainAndHoldsUpNoOtherSite) {
  for (const auto* name : {"sites/A/", "sites/A/sample/", "sites/A/sample/e000001/", "sites/A/sample/e000001/1.manifest.json"}) {
    Hub hub;
    hub.store.faults = {{name, Code::kUnavailable}};
    for (int i = 0; i < 2; ++i) {
      const auto step = hub.Step();
      ASSERT_FALSE(step) << name;
      EXPECT_EQ(step.error().message, std::string("cannot read ") + name);
      EXPECT_EQ(hub.DealtWith(), 2u) << name << ": those of site B";
    }
    hub.store.faults.clear();
    EXPECT_EQ(*hub.Step(), 2u) << name;
    EXPECT_EQ(hub.DealtWith(), 4u) << name;
  }
}

}  // namespace
}  // namespace edgewise::hub
