// Each command that moves a model or data through a running loop: what it says, and what is there afterwards.
#include <map>
#include <set>

#include "stations_test.h"

namespace edgewise {
namespace {

using nlohmann::json;

/// `edgewise up` with one site, and a model that can be deployed.
class RunningStations : public Stations {
 protected:
  void SetUp() override {
    Stations::SetUp();
    auto [child, said] = Serve({"up", "--json", "-c", WriteConfiguration()});
    ASSERT_TRUE(said.is_object());
    up_.emplace(std::move(child));
    hub_ = said["hub"];
    registry_ = said["registry"];
    site_ = said["sites"]["EWR"];
  }
  void TearDown() override {
    up_.reset();
    Stations::TearDown();
  }
  /// Brings a version to the site and waits until it is live; answers its digest.
  std::string Deploy(const std::string& version) {
    MakeModel(folder_ / version, version);
    const auto digest = RunJson({"pack", In(version), "-o", In(version + "-image")})["digest"].get<std::string>();
    EXPECT_EQ(Run({"push", In(version + "-image"), registry_ + "/delay:" + version}).code, 0);
    RunJson({"deploy", "--hub", hub_, "--model", "delay=delay@" + digest, "--version", version, "--card", In(version + "/model.json"),
             "--wait"});
    return digest;
  }
  json Score(int n) {
    net::HttpClient client({site_});
    const auto answer = client.Send({"POST", "/score/delay", {}, "{" + Request(n) + "}"}, Deadline::After(std::chrono::seconds(30)));
    EXPECT_TRUE(answer && answer->status == 200) << (answer ? answer->body : answer.error().message);
    return answer ? json::parse(answer->body, nullptr, false) : json();
  }
  std::string Live() { return RunJson({"status", "--hub", hub_})["sites"][0]["status"]["models"][0]["digest"]; }
  /// Every line that people read of the audit is a decision about an event: a batch's cut is none.
  void ExpectDecisionsAlone() {
    const auto lines = Run({"relay", "audit", "--state", In("state"), "--json"}).out;
    ASSERT_NE(lines.find("{\"cut\":"), std::string::npos) << "there is something to leave out";
    std::istringstream text(Run({"relay", "audit", "--state", In("state")}).out);
    for (std::string line; std::getline(text, line);) EXPECT_TRUE(line.starts_with("EWR/1/")) << line;
  }
  int Stop() {
    kill(up_->pid(), SIGINT);
    const int code = up_->Wait();
    up_.reset();
    return code;
  }

  std::optional<Child> up_;
  std::string hub_, registry_, site_;
};

TEST_F(RunningStations, DeployGoesBackByNumber) {
  const auto one = Deploy("one"), two = Deploy("two");
  EXPECT_EQ(Live(), two);
  const auto back = RunJson({"deploy", "back", "--hub", hub_, "--wait"});
  EXPECT_EQ(back["number"], 3);
  EXPECT_EQ(back["sites"][0]["as"], 1);
  EXPECT_EQ(Live(), one);
  EXPECT_EQ(RunJson({"deploy", "back", "--hub", hub_, "--to", "2", "--wait"})["number"], 4);
  EXPECT_EQ(Live(), two);
  const auto history = RunJson({"deploy", "history", "--hub", hub_})["sites"][0]["states"];
  std::string digests;
  for (const auto& state : history) digests += state["models"][0]["digest"] == one ? "1" : "2";
  EXPECT_EQ(digests, "2121") << "newest first";
  EXPECT_EQ(RunJson({"deploy", "back", "--hub", hub_, "--to", "4"})["sites"].size(), 0U) << "nothing to do";
  const auto never = Run({"deploy", "back", "--hub", hub_, "--to", "9"});
  EXPECT_EQ(never.code, 1);
  EXPECT_NE(never.error.find("there are: 1, 2, 3, 4"), std::string::npos) << never.error;
  EXPECT_EQ(Run({"deploy", "back", "--hub", hub_, "--site", "ORD"}).code, 1);
  EXPECT_EQ(Run({"deploy", "--hub", hub_}).code, 2) << "without --model and --version";
  const auto taken = Run({"deploy", "--hub", hub_, "--model", "delay=delay@" + one, "--version", "two"});
  EXPECT_EQ(taken.code, 2);
  EXPECT_NE(taken.error.find("\"two\" is the label of another model, " + two), std::string::npos) << taken.error;
}

TEST_F(RunningStations, ADeployThatFailsSaysWhyWhatServesAndTheWayBack) {
  Deploy("one");
  const auto nowhere = Run({"deploy", "--hub", hub_, "--model", "delay=delay@" + Digest::Of("nothing").ToString(), "--version", "two",
                            "--wait", "--timeout", "1"});
  EXPECT_EQ(nowhere.code, 1);
  for (const auto* part : {"number 2 is not live", "EWR: delay failed: ", "still serving there: delay one", "edgewise deploy back --to 1"})
    EXPECT_NE(nowhere.error.find(part), std::string::npos) << part << " in " << nowhere.error;
  EXPECT_NE(Run({"deploy", "history", "--hub", hub_}).out.find("(now; not live)"), std::string::npos);
  EXPECT_EQ(RunJson({"deploy", "back", "--hub", hub_, "--wait"})["sites"][0]["as"], 1);
}

TEST_F(RunningStations, SendTellsRecordsOnce) {
  Deploy("one");
  for (int n = 0; n < 30; ++n) Score(n);
  Write("landings.jsonl", Landings(30));
  const std::vector<std::string> send = {"send", In("landings.jsonl"), "--address", site_, "--stream", "landing", "--lines", "7"};
  EXPECT_EQ(RunJson(send), (json{{"sent", 30}, {"new", 30}}));
  EXPECT_EQ(RunJson(send), (json{{"sent", 30}, {"new", 0}})) << "a repeated record changes nothing";
  Write("landings.jsonl", Landings(31) + "{\"producer\":\"tower\"}\n");
  const auto bad = Run(send);
  EXPECT_EQ(bad.code, 2) << "a record that is none";
  EXPECT_EQ(Run({"send", In("landings.jsonl"), "--address", site_, "--stream", "nonsense"}).code, 1);
}

TEST_F(RunningStations, ExportAndReplayReadWhatTheSiteKept) {
  const auto digest = Deploy("one");
  std::map<std::string, std::string> lineages;
  for (int n = 0; n < 30; ++n) lineages[std::to_string(n)] = Score(n)["lineage"];
  Write("landings.jsonl", Landings(20));
  ASSERT_EQ(Run({"send", In("landings.jsonl"), "--address", site_, "--stream", "landing"}).code, 0);
  EXPECT_EQ(RunJson({"relay", "flush", "--address", site_})["flushed"], true);
  EXPECT_EQ(RunJson({"export", "scores", "--state", In("state"), "-o", In("scores.csv")})["rows"], 30);
  std::istringstream csv(Read("scores.csv"));
  std::string line;
  std::getline(csv, line);
  EXPECT_EQ(line, "site,carrier,flight,dest,sched_dep_utc,scored_at_utc,model_digest,score,label,label_at_utc,lineage_id");
  for (int n = 0; n < 30; ++n) {
    ASSERT_TRUE(std::getline(csv, line));
    EXPECT_TRUE(line.starts_with(fmt::format("EWR,UA,{},IAH,{},{},{},", n, Time((60 * n) + 60), Time(60 * n), digest))) << line;
    const auto label = n >= 20 ? "pending," : fmt::format("{},{}", Late(n) ? 1 : 0, Time((60 * n) + 300));
    EXPECT_TRUE(line.ends_with(fmt::format(",{},{}", label, lineages[std::to_string(n)]))) << line;
  }
  const auto replay = RunJson({"score", "replay", "--state", In("state"), "--model", In("one"), "-o", In("replay.csv")});
  EXPECT_EQ(replay["rows"], 30);
  EXPECT_EQ(replay["labelled"], 20);
  EXPECT_EQ(replay["auc"], 0.5) << "a model that says the same of all";
  EXPECT_EQ(std::ranges::count(Read("replay.csv"), '\n'), 31);
  EXPECT_EQ(RunJson({"score", "replay", "--state", In("state"), "--model", In("one"), "--from", "2013-02-20"})["rows"], 0);
}

TEST_F(RunningStations, TheHubAloneShowsWhatTheStoreHolds) {
  Deploy("one");
  for (int n = 0; n < 30; ++n) Score(n);
  Write("landings.jsonl", Landings(30));
  ASSERT_EQ(Run({"send", In("landings.jsonl"), "--address", site_, "--stream", "landing"}).code, 0);
  ASSERT_EQ(Run({"relay", "flush", "--address", site_}).code, 0);
  std::istringstream audit(Run({"relay", "audit", "--state", In("state"), "--json"}).out);
  int samples = 0;
  for (std::string line; std::getline(audit, line);) samples += json::parse(line).value("type", "") == "io.edgewise.sample.v1" ? 1 : 0;
  EXPECT_EQ(samples, 30);
  ExpectDecisionsAlone();
  EXPECT_EQ(Stop(), 0) << "Ctrl-C stops cleanly";

  auto [hub, said] =
      Serve({"hub", "--address", "127.0.0.1:0", "--store", In("state/store"), "--state", In("hub"), "--site", "EWR", "--json"});
  const auto address = said["hub"].get<std::string>();
  const auto deadline = Deadline::After(std::chrono::seconds(30));
  const auto indexed = [&] { return RunJson({"status", "--hub", address})["totals"]["indexed"].get<int>(); };
  while (indexed() < 30 && !deadline.Expired()) {
  }
  EXPECT_GE(indexed(), 30);
  const auto lanes = RunJson({"relay", "status", "--hub", address})["sites"][0]["lanes"];
  EXPECT_TRUE(std::ranges::any_of(lanes, [](const json& lane) { return lane["lane"] == "sample" && lane["events"] == 30; })) << lanes;
  EXPECT_TRUE(RunJson({"events", "--hub", address, "--kind", "readings"})["events"].is_array());
  EXPECT_EQ(RunJson({"model", "list", "--hub", address})["models"].size(), 0U) << "models are told to a hub, they are not in the store";
  kill(hub.pid(), SIGINT);
  EXPECT_EQ(hub.Wait(), 0);
}

TEST_F(RunningStations, PeopleReadEightyColumns) {
  Deploy("one");
  for (int n = 0; n < 3; ++n) Score(n);
  const auto deadline = Deadline::After(std::chrono::seconds(30));
  const auto told = [&] { return Run({"status", "--hub", hub_}).out.find(" 3          3\n") != std::string::npos; };
  while (!told() && !deadline.Expired()) {  // a site tells its hub how it is from time to time
  }
  const auto status = Run({"status", "--hub", hub_});
  EXPECT_NE(status.out.find("EWR"), std::string::npos);
  EXPECT_EQ(Run({"status", "--hub", "http://" + hub_ + "/"}).out, status.out) << "the URL that up prints";
  const auto site = Run({"status", "--hub", site_});
  EXPECT_NE(site.error.find(site_ + " is a site, not a hub"), std::string::npos) << site.error;
  EXPECT_NE(status.out.find("one"), std::string::npos);
  const auto doctor = Run({"doctor", "-c", In("edgewise.toml")});
  EXPECT_EQ(doctor.code, 0) << doctor.out;
  EXPECT_NE(doctor.out.find("edgewise up runs this here, and is well."), std::string::npos) << doctor.out;
  for (const auto& text : {status.out, doctor.out, Run({"deploy", "history", "--hub", hub_}).out, Run({"options", "--commands"}).out}) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST_F(RunningStations, ColumnsStayApartHoweverLongAName) {
  const std::string version = "a-version-with-a-label-of-forty-letters-x";
  Deploy(version);
  for (const auto& out : {Run({"status", "--hub", hub_}).out, Run({"model", "list", "--hub", hub_}).out})
    EXPECT_NE(out.find(version + " "), std::string::npos) << out;
}

TEST_F(RunningStations, NothingIsWrittenOutsideTheStateFolder) {
  const auto left = [this] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) names.insert(entry.path().filename());
    return names;
  };
  Deploy("one");
  for (int n = 0; n < 3; ++n) Score(n);
  EXPECT_EQ(Stop(), 0);
  EXPECT_EQ(left(), (std::set<std::string>{"edgewise.toml", "one", "one-image", "serve.log", "state"}))
      << "HOME and TMPDIR are this folder";
  EXPECT_TRUE(std::filesystem::is_empty(In("state/sites/EWR/sockets")));
}

}  // namespace
}  // namespace edgewise
