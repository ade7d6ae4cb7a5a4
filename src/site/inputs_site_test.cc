#include <fstream>

#include "site/made_site_test.h"
#include "site/made_wire_test.h"

namespace edgewise::site::test {
namespace {

/// A site with an input of each kind, spoken to as applications that do not know it.
class InputsSiteTest : public SiteTest {
 protected:
  Site::Options Made() override {
    auto options = SiteTest::Made();
    TapOptions tap;
    tap.name = "orders";
    tap.listen = "127.0.0.1:0";
    tap.upstream = application_.address();
    tap.model = "late";
    for (const auto* field : {"name=/order/customer", "due=/order/due", "amount=/sum", "time=/at"})
      tap.fields.push_back(TapFieldFromText(field).value());
    tap.wait = std::chrono::minutes(10);
    options.inputs.taps = {tap};
    FolderOptions folder{.name = "drop", .folder = drop_, .done = drop_ / "done", .to = {InputTarget::Kind::kScore, "late"}};
    folder.settle = folder.poll = std::chrono::milliseconds(1);
    options.inputs.folders = {folder};
    folder.name = "stops";
    folder.folder = drop_ / "stops";
    folder.to = {InputTarget::Kind::kRecords, "stop"};
    options.inputs.folders.push_back(folder);
    return options;
  }
  void SetUp() override {
    std::filesystem::create_directories(drop_ / "stops");
    SiteTest::SetUp();
  }
  void TearDown() override {
    SiteTest::TearDown();
    std::filesystem::remove_all(drop_);
  }
  /// A file as applications should drop it: written aside, renamed when it is complete.
  void Drop(const std::string& name, const std::string& bytes) const {
    std::ofstream(drop_ / (name + ".tmp")) << bytes;
    std::filesystem::rename(drop_ / (name + ".tmp"), drop_ / name);
  }
  void AwaitFile(const std::string& name) {
    WaitUntil([&] { return std::filesystem::exists(drop_ / "done" / name); });
  }

  std::filesystem::path drop_ = std::filesystem::temp_directory_path() / ("edgewise-drop-" + LineageId::Random().ToString());
  Application application_;
};

TEST_F(InputsSiteTest, ATappedRequestIsScoredJournaledAndLabelledLikeAPostedOne) {
  WaitUntilLive();
  const auto body = fmt::format(R"({{"order":{{"customer":"A","due":"{}"}},"sum":0.5,"at":"{}"}})", At(60), At(0));
  const auto request = fmt::format("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
  const Wire client(site_->tap_addresses().at(0).second);
  client.Send(request);
  const auto served = application_.Accept();
  EXPECT_EQ(served.Read(request.size()), request);
  served.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
  served.EndSending();
  const auto reply = client.ReadAll();
  EXPECT_NE(reply.find("\r\nX-Edgewise-Model: " + kModel.ToString() + "\r\n"), std::string::npos) << reply;
  EXPECT_TRUE(reply.ends_with("\r\n\r\ndone")) << reply;
  const auto at = reply.find("X-Edgewise-Lineage: ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(Post("/labels", fmt::format(R"({{"lineage":"{}","label":1,"time":"{}"}})", reply.substr(at + 20, 32), At(90))).status, 200);
  ASSERT_EQ(Post("/relay/flush", "").status, 200);
  EXPECT_EQ(StoredSamples(), 1U);
  EXPECT_EQ(Status()["scored"], 1);
}

TEST_F(InputsSiteTest, ADroppedFileIsScoredOnceAcrossRestartsAndAnotherModel) {
  const auto row = fmt::format("A,{},0.5,{}\n", At(60), At(0));
  Drop("a.csv", "name,due,amount,time\n" + row + row + "B,never,1,\n");  // before the model is live, as a rule
  AwaitFile("a.csv.scored.jsonl");
  AwaitFile("a.csv.errors.jsonl");
  EXPECT_EQ(Status()["scored"], 2) << "equal rows of a file are rows each";
  const auto results = SystemFiles().Read(drop_ / "done" / "a.csv.scored.jsonl").value();
  EXPECT_TRUE(results.starts_with("{\"line\":2,\"score\":")) << results;
  site_.reset();
  // A kill between the last answer and the mark that all is done: the ledger ends with the plan.
  const auto ledger = folder_ / "inputs" / "folder-drop.jsonl";
  auto lines = SystemFiles().Read(ledger).value();
  lines.resize(lines.rfind('\n', lines.size() - 2) + 1);
  std::ofstream(ledger) << lines;
  std::filesystem::remove(drop_ / "done" / "a.csv.scored.jsonl");
  Push("2", kFeatures);
  Desire(2, "2");
  Open();
  WaitUntilLive(2);
  AwaitFile("a.csv.scored.jsonl");
  EXPECT_EQ(Status()["scored"], 2);
  const auto first = nlohmann::json::parse(results.substr(0, results.find('\n')));
  const auto again = SystemFiles().Read(drop_ / "done" / "a.csv.scored.jsonl").value();
  const auto same = nlohmann::json::parse(again.substr(0, again.find('\n')));
  EXPECT_EQ(same["lineage"], first["lineage"]);
  EXPECT_EQ(same["model"], first["model"]) << "the answer of its first time";
}

TEST_F(InputsSiteTest, ALineOfSeveralRowsIsRefusedForItsNameIsOnesAlone) {
  Drop("a.jsonl", fmt::format("[{0},{1}]\n{0}\n", Asked(0, "A"), Asked(1, "B")));
  AwaitFile("a.jsonl.scored.jsonl");
  AwaitFile("a.jsonl.errors.jsonl");
  EXPECT_TRUE(SystemFiles().Read(drop_ / "done" / "a.jsonl.errors.jsonl").value().starts_with("{\"line\":1,"));
  EXPECT_EQ(Status()["scored"], 1);
}

TEST_F(InputsSiteTest, DroppedRecordsAreTakenOnceAndABadOneHoldsUpNoOther) {
  Drop("stops/a.csv", fmt::format("name,delay,time\nA,30,{}\nB,much,{}\nC,31,{}\n", At(1), At(2), At(3)));
  AwaitFile("a.csv.taken.jsonl");
  AwaitFile("a.csv.errors.jsonl");
  EXPECT_EQ(Status()["records"], 2);
  EXPECT_TRUE(SystemFiles().Read(drop_ / "done" / "a.csv.errors.jsonl").value().starts_with("{\"line\":3,"));
  Open();
  Drop("stops/b.csv", fmt::format("name,delay,time\nD,30,{}\n", At(4)));
  AwaitFile("b.csv.taken.jsonl");
  EXPECT_EQ(Status()["records"], 3);
}

}  // namespace
}  // namespace edgewise::site::test
