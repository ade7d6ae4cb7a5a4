#include "improve/samples.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "improve/dataset.h"
#include "improve/made_samples_test.h"

namespace edgewise::improve::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint64_t> Sequences(const SampleSet& set) {
  std::vector<std::uint64_t> sequences;
  for (const auto& row : set.rows) sequences.push_back(row.sequence);
  return sequences;
}

class Samples : public testing::Test {
 protected:
  SampleSet Read(const ReadOptions& options = Options()) {
    auto set = ReadSamples(store_, options, Deadline::Never());
    EXPECT_TRUE(set) << set.error().message;
    return set ? *std::move(set) : SampleSet();
  }
  store::FakeStore store_;
};

TEST_F(Samples, ComeBackFromTheStoreWithFeaturesLabelAndObject) {
  const auto name = PutBatch(store_, "EWR", 1, Lines({{.label = true, .score = "0.75", .heat = "null", .carrier = "\"B6\""}}));
  const auto set = Read();
  ASSERT_EQ(set.rows.size(), 1U);
  const auto& row = set.rows[0];
  EXPECT_TRUE(row.label);
  EXPECT_EQ(row.score, 0.75F);
  EXPECT_EQ(DayText(row.day), "2013-04-01");
  EXPECT_EQ(FormatTime(row.known), "2013-04-01T20:00:00Z");
  EXPECT_EQ(set.sites[row.site], "EWR");
  EXPECT_EQ(row.lineage, MadeEvent({}).lineage);
  EXPECT_EQ(set.objects[row.object].name, name + ".jsonl.zst");
  EXPECT_EQ(set.objects[row.object].digest, Digest::Of(*store_.Get(name + ".jsonl.zst", Deadline::Never())));
  EXPECT_EQ(set.objects[row.object].rows, 1U);
  const auto sample = set.SampleOf(row);
  EXPECT_TRUE(std::isnan(sample.numbers.at(0)));
  EXPECT_EQ(sample.numbers.at(1), 2);
  EXPECT_EQ(sample.categories, (std::vector<std::string>{"B6"}));
}

TEST_F(Samples, AreSortedBySiteAndSequenceAndNeverDoubled) {
  PutBatch(store_, "LGA", 1, Lines({{.site = "LGA", .sequence = 2}, {.site = "LGA", .sequence = 1}}));
  PutBatch(store_, "EWR", 5, Lines({{.sequence = 9}, {.sequence = 5}}));
  PutBatch(store_, "EWR", 9, Lines({{.sequence = 9}}));
  const auto set = Read();
  EXPECT_EQ(Sequences(set), (std::vector<std::uint64_t>{5, 9, 1, 2}));
  EXPECT_EQ(set.doubled, 1U);
}

TEST_F(Samples, OfAnUnfinishedBatchWait) {
  ASSERT_TRUE(store_.Put("sites/EWR/sample/e000001/000000000001-000000000001.jsonl.zst", relay::Policy::Permit(Pack(Lines({{}}))),
                         Deadline::Never()));
  EXPECT_TRUE(Read().rows.empty());
}

TEST_F(Samples, OfADamagedBatchAreNotLearnedFrom) {
  const auto bytes = Pack(Lines({{.label = true}}));
  const auto manifest = fmt::format(fmt::runtime(kManifest), Digest::Of(bytes).ToString());
  std::uint64_t place = 0;
  for (const auto& stored : {bytes.substr(0, bytes.size() - 1), Pack(Lines({{.label = false}})), std::string("not zstd"), std::string()}) {
    const auto name = fmt::format("sites/S{}/sample/e000001/000000000001-000000000001", place++);
    store::FakeStore store;
    ASSERT_TRUE(store.Put(name + ".jsonl.zst", relay::Policy::Permit(stored), Deadline::Never()));
    ASSERT_TRUE(store.Put(name + ".manifest.json", relay::Policy::Permit(manifest), Deadline::Never()));
    const auto set = ReadSamples(store, Options(), Deadline::Never());
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().code, Code::kDataLoss);
    EXPECT_NE(set.error().message.find(name), std::string::npos);
  }
}

TEST_F(Samples, OfAHistoryFileThatIsCutShortAreNotLearnedFrom) {
  const auto path = fs::temp_directory_path() / ("edgewise-improve-cut-" + std::to_string(getpid()));
  const auto bytes = Pack(Lines({{.sequence = 1}, {.sequence = 2}}));
  for (const auto size : {std::size_t{0}, std::size_t{7}, bytes.size() - 1}) {
    ASSERT_TRUE(SystemFiles().ReplaceDurably(path, bytes.substr(0, size)));
    EXPECT_EQ(ReadHistory(SystemFiles(), path, Options()).error().code, Code::kDataLoss) << size;
  }
  fs::remove(path);
  EXPECT_EQ(ReadHistory(SystemFiles(), path, Options()).error().code, Code::kNotFound);
}

TEST_F(Samples, OfOtherLayoutsAndUnknownKindsArePassedOverAndCounted) {
  auto lines = Lines({{.sequence = 1}});
  lines += event::ToJson(MadeEvent({.sequence = 2}, Digest::Of("another"))) + '\n';
  auto future = MadeEvent({.sequence = 3});
  future.type = "io.edgewise.sample.v7";
  auto broken = MadeEvent({.sequence = 4});
  broken.data = R"({"layout":7})";
  lines += event::ToJson(future) + '\n' + event::ToJson(broken) + "\nno json\n";
  lines += event::ToJson(MadeEvent({.sequence = 5, .wind = "2,3"})) + '\n';  // three numbers: not of this layout, whatever it says
  PutBatch(store_, "EWR", 1, lines);
  const auto set = Read();
  EXPECT_EQ(Sequences(set), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(set.other_layout, 1U);
  EXPECT_EQ(set.set_aside, 4U);
}

TEST_F(Samples, CanBeLimitedToLaterDaysEarlierLabelsAndOneSite) {
  PutBatch(store_, "EWR", 1, Lines({{.sequence = 1, .day = "2013-03-31"}, {.sequence = 2}, {.sequence = 3, .day = "2013-05-01"}}));
  PutBatch(store_, "LGA", 1, Lines({{.site = "LGA", .sequence = 4}}));
  auto options = Options();
  options.after = "2013-03-31";
  EXPECT_EQ(Sequences(Read(options)), (std::vector<std::uint64_t>{2, 3, 4}));
  options.until = ParseTime("2013-05-01T20:00:00Z").value();
  EXPECT_EQ(Sequences(Read(options)), (std::vector<std::uint64_t>{2, 4}));
  options.site = "LGA";
  EXPECT_EQ(Sequences(Read(options)), (std::vector<std::uint64_t>{4}));
  options.after = "March";
  EXPECT_EQ(ReadSamples(store_, options, Deadline::Never()).error().code, Code::kInvalidArgument);
}

TEST_F(Samples, AShareIsTheSameRowsEachTimeAndAboutAsManyAsAsked) {
  std::vector<Row> rows(2000);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].sequence = i + 1;
  PutBatch(store_, "EWR", 1, Lines(rows));
  auto options = Options();
  options.share = 0.1;
  const auto set = Read(options);
  EXPECT_NEAR(static_cast<double>(set.rows.size()), 200, 60);
  EXPECT_EQ(Sequences(Read(options)), Sequences(set));
}

TEST_F(Samples, JoinTheHistoryInFrontAndKeepTheirFeatures) {
  const auto folder = fs::temp_directory_path() / ("edgewise-improve-" + std::to_string(getpid()));
  fs::create_directories(folder);
  ASSERT_TRUE(SystemFiles().ReplaceDurably(
      folder / "ewr.jsonl.zst", Pack(Lines({{.sequence = 1, .day = "2013-01-05", .score = "null", .heat = "7", .carrier = "\"AA\""}}))));
  PutBatch(store_, "EWR", 1, Lines({{.sequence = 1, .heat = "8", .carrier = "\"B6\""}, {.sequence = 2, .heat = "9", .carrier = "\"AA\""}}));
  std::vector<SampleSet> sets;
  sets.push_back(Read());
  sets.push_back(*ReadHistory(SystemFiles(), folder / "ewr.jsonl.zst", Options()));
  const auto set = Join(std::move(sets));
  fs::remove_all(folder);
  ASSERT_EQ(set.rows.size(), 3U);
  EXPECT_TRUE(set.FromHistory(set.rows[0]));
  EXPECT_EQ(set.objects[set.rows[0].object].name, "history/ewr.jsonl.zst");
  EXPECT_TRUE(std::isnan(set.rows[0].score));
  EXPECT_EQ(set.SampleOf(set.rows[0]), (feature::Sample{{7, 2}, {"AA"}}));
  EXPECT_EQ(set.SampleOf(set.rows[1]), (feature::Sample{{8, 2}, {"B6"}}));
  EXPECT_EQ(set.SampleOf(set.rows[2]), (feature::Sample{{9, 2}, {"AA"}}));
}

TEST_F(Samples, AFailureOfTheStoreIsPassedOn) {
  store_.FailNext({Code::kUnavailable, "store is away"});
  EXPECT_EQ(ReadSamples(store_, Options(), Deadline::Never()).error().code, Code::kUnavailable);
}

class Selected : public Samples {
 protected:
  void SetUp() override {
    PutBatch(store_, "EWR", 1,
             Lines({{.sequence = 1, .day = "2013-04-01", .label = true, .score = "0.1"},
                    {.sequence = 2, .day = "2013-04-02", .label = true, .score = "0.9"},
                    {.sequence = 3, .day = "2013-04-03", .label = false, .score = "0.8"},
                    {.sequence = 4, .day = "2013-04-04", .label = false, .score = "null"}}));
    set_ = Read();
  }
  RowList Rows(std::string_view select) { return Select(set_, AllRows(set_), select).value_or(RowList{99}); }
  SampleSet set_;
};

TEST_F(Selected, RowsAreThoseThatTheRecipeNames) {
  EXPECT_EQ(Rows("all"), (RowList{0, 1, 2, 3}));
  EXPECT_EQ(Rows("last-days:2"), (RowList{2, 3}));
  EXPECT_EQ(Rows("hardest:0.5"), (RowList{0, 2}));  // of the three that were scored
  EXPECT_EQ(Select(set_, AllRows(set_), "history").error().code, Code::kFailedPrecondition);
}

TEST_F(Selected, AFormThatNobodyKnowsIsRefused) {
  for (const auto* select : {"", "some", "last-days:", "last-days:x", "last-days:-3", "hardest:2", "hardest:nan"}) {
    EXPECT_EQ(Select(set_, AllRows(set_), select).error().code, Code::kInvalidArgument) << select;
  }
}

TEST_F(Samples, GiveAVocabularyOfWhatWasSeenOftenEnough) {
  std::vector<Row> rows(61);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].sequence = i + 1;
    rows[i].carrier = i < 20 ? "\"UA\"" : i < 39 ? "\"AA\"" : i < 60 ? "\"9E\"" : "null";
  }
  PutBatch(store_, "EWR", 1, Lines(rows));
  const auto set = Read();
  const auto vocabularies = Vocabularies(MadeProgram(), set, AllRows(set));
  EXPECT_EQ(vocabularies.at("carrier"), (std::vector<std::string>{"9E", "UA"}));
  const auto program = MadeProgram().WithVocabularies(vocabularies);
  const auto data = Encode(program, set, AllRows(set));
  EXPECT_EQ(data.columns, 3U);
  EXPECT_EQ(data.x[2], 1);                        // UA
  EXPECT_EQ(data.x[std::size_t{20} * 3 + 2], 2);  // AA was too rare: other
  EXPECT_TRUE(std::isnan(data.x[std::size_t{60} * 3 + 2]));
  const auto columns = ColumnsOf(program);
  EXPECT_EQ(columns.at(2).vocabulary, 2U);
  EXPECT_TRUE(columns.at(1).seasonal);
}

}  // namespace
}  // namespace edgewise::improve::test
