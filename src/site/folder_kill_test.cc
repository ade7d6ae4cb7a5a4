#include "site/made_folder_fixture_test.h"

namespace edgewise::site::test {
namespace {

using Kind = InputTarget::Kind;

class FolderKillTest : public FolderTest, public testing::WithParamInterface<Kind> {
 protected:
  /// A file is read with a kill at that step, and again without one. Answers how many steps there are.
  std::uint64_t KillAt(std::uint64_t step, bool happens) {
    SCOPED_TRACE(fmt::format("killed at step {}, {}", step, happens ? "which happened" : "which did not happen"));
    TearDown();
    SetUp();
    site_ = {};
    Write("a.csv", "name,amount\nA,1\nA,1\nbad,2\nB,3\n");  // two rows are equal, and two rows they are
    Write("b.jsonl", "{\"name\":\"C\"}\n{\"name\":\"bad\"}\n{\"name\":\"D\"}\n");
    Killer killer{.at = step, .happens = happens, .stop = {}};
    MortalFiles files(killer);
    if (const auto watch = Open(killer, files, GetParam())) (void)Run(*watch, killer);
    Killer alive;
    const auto watch = Open(alive, SystemFiles(), GetParam());
    EXPECT_TRUE(watch);
    EXPECT_TRUE(Run(*watch, alive));
    Check();
    return killer.steps;
  }
  void Check() {
    auto rows = site_.rows();
    const bool scores = GetParam() == Kind::kScore;
    const std::vector<std::string> expected =
        scores ? std::vector<std::string>{R"({"amount":1.0,"name":"A"})", R"({"amount":1.0,"name":"A"})", R"({"amount":3.0,"name":"B"})",
                                          R"({"name":"C"})", R"({"name":"D"})"}
               : std::vector<std::string>{"A", "A", "B", "C", "D"};
    EXPECT_EQ(rows, expected) << "each row once";
    EXPECT_TRUE(Done("a.csv.errors.jsonl").starts_with("{\"line\":4,")) << Done("a.csv.errors.jsonl");
    EXPECT_TRUE(Done("b.jsonl.errors.jsonl").starts_with("{\"line\":2,")) << Done("b.jsonl.errors.jsonl");
    if (!scores) {
      EXPECT_NE(Done("a.csv.taken.jsonl").find("\"rows\":4"), std::string::npos) << Done("a.csv.taken.jsonl");
      return;
    }
    std::istringstream lines(Done("a.csv.scored.jsonl"));
    std::vector<std::pair<int, int>> scored;
    for (std::string line; std::getline(lines, line);) {
      const auto row = nlohmann::json::parse(line);
      scored.emplace_back(row["line"], row["score"]);
    }
    EXPECT_EQ(scored, (std::vector<std::pair<int, int>>{{2, 1}, {3, 2}, {5, 3}})) << "with the answer of its first time";
  }
};

TEST_P(FolderKillTest, EachRowIsTakenOnceWhereverAKillFalls) {
  const auto steps = KillAt(~0ULL - 1, false);
  ASSERT_GT(steps, 10U);
  for (std::uint64_t step = 0; step < steps && !HasFailure(); ++step) {
    KillAt(step, false);
    KillAt(step, true);
  }
}

INSTANTIATE_TEST_SUITE_P(ScoresAndRecords, FolderKillTest, testing::Values(Kind::kScore, Kind::kRecords));

}  // namespace
}  // namespace edgewise::site::test
