// What a person can get wrong, and what the world does: a clear message, the right exit code, nothing half-done.
#include "bad_input_test.h"

#include <fmt/format.h>
#include <signal.h>

#include <set>

#include "net/http.h"

namespace edgewise {
namespace {

using nlohmann::json;

std::string Example(const std::string& name) { return SystemFiles().Read(std::filesystem::path(EDGEWISE_EXAMPLE) / name).value_or(""); }

TEST_F(BadInput, AMistypedKeyOfAnyFileIsNamedWithItsLineAndTheNearestKey) {
  struct Case {
    std::string file, good, bad, said;
  };
  const std::vector<Case> cases = {{"features.toml", "alpha = 0.05", "alpa = 0.05", "did you mean \"alpha\"?"},
                                   {"rules.toml", "mad_floor", "mad_flor", "did you mean \"mad_floor\"?"},
                                   {"policy.toml", "[allow.fields]", "[allow.feilds]", "did you mean \"fields\"?"}};
  for (const auto& each : cases) {
    for (const auto* name : {"features.toml", "rules.toml", "policy.toml"}) Write(name, Example(name));
    auto text = Example(each.file);
    text.replace(text.find(each.good), each.good.size(), each.bad);
    const auto line = std::ranges::count(text.substr(0, text.find(each.bad)), '\n') + 1;
    Write(each.file, text);
    Write("edgewise.toml",
          "state = \"state\"\nfeatures = \"features.toml\"\nrules = \"rules.toml\"\npolicy = \"policy.toml\"\n"
          "[hub]\naddress = \"127.0.0.1:0\"\n[registry]\naddress = \"127.0.0.1:0\"\n"
          "[[site]]\nname = \"EWR\"\naddress = \"127.0.0.1:0\"\n");
    ExpectFailure(Run({"up", "-c", In("edgewise.toml")}), 2, {fmt::format("{}:{}:", each.file, line), each.said});
  }
  ExpectFailure(Run({"up", "-c", WriteConfiguration("featurs = \"x\"\n")}), 2, {"edgewise.toml:6:", "did you mean \"features\"?"});
  EXPECT_FALSE(std::filesystem::exists(In("state"))) << "nothing was begun";
}

TEST_F(BadInput, AMissingDataFileIsNamedBeforeAnythingIsWritten) {
  const auto table = "[tables.planes]\nfile = \"planes.csv\"\nkey = \"tailnum\"\ncolumns = [\"year\", \"seats\"]\n";
  ExpectFailure(Run({"up", "-c", WriteConfiguration("", table)}), 1, {"planes.csv"});
  ExpectFailure(Run({"up", "-c", In("nowhere.toml")}), 2, {"nowhere.toml does not exist"});
  ExpectFailure(Run({"train", "samples", "-c", WriteConfiguration(), "--site", "EWR", "--records", In("none.jsonl"), "--until",
                     "2013-04-01", "-o", In("samples.jsonl.zst")}),
                1, {"none.jsonl"});
  ExpectFailure(Run({"train", "fit", "-c", In("edgewise.toml"), "--history", In("none.zst"), "--version", "v", "--until", "2013-04-01",
                     "-o", In("model")}),
                1, {"none.zst"});
  ExpectFailure(Run({"send", In("none.jsonl"), "--address", "127.0.0.1:1", "--stream", "weather"}), 1, {"none.jsonl"});
  MakeModel(folder_ / "model");
  const std::vector<std::vector<std::string>> readers = {
      {"export", "scores", "-o", In("out")}, {"score", "replay", "--model", In("model"), "-o", In("out")}, {"relay", "audit"}};
  for (auto command : readers) {
    command.insert(command.end(), {"--state", In("empty")});
    ExpectFailure(Run(command), 1, {"empty holds no sites"});
  }
  ExpectFailure(Run({"score", "replay", "--state", In("empty"), "--model", In("nowhere"), "-o", In("out")}), 1, {"nowhere"});
  ExpectFailure(Run({"pack", In("nowhere"), "-o", In("image")}), 1, {"nowhere"});
  EXPECT_EQ(Left(), (std::set<std::string>{"edgewise.toml", "model"}));
}

TEST_F(BadInput, ACorruptDataFileIsNamedAndLeavesNothing) {
  Write("records.jsonl", "{\"stream\":\"weather\"," + Weather(1).substr(1) + "no record\n");
  ExpectFailure(Run({"train", "samples", "-c", WriteConfiguration(), "--site", "EWR", "--records", In("records.jsonl"), "--until",
                     "2013-04-01", "-o", In("samples.jsonl.zst")}),
                2, {"records.jsonl:2:", "a line begins"});
  Write("history.zst", "no zstd frame");
  ExpectFailure(Run({"train", "fit", "-c", In("edgewise.toml"), "--history", In("history.zst"), "--version", "v", "--until", "2013-04-01",
                     "-o", In("model")}),
                1, {"history.zst"});
  Write("event.json", "{\"specversion\":");
  EXPECT_EQ(Run({"policy", "try", std::string(EDGEWISE_EXAMPLE) + "/policy.toml", "--event", In("event.json")}).code, 2);
  std::filesystem::create_directories(In("state/sites/EWR"));
  Write("state/sites/EWR/scores.db", "no database, but long enough to be looked at by somebody who expects one: " + std::string(200, '.'));
  ExpectFailure(Run({"export", "scores", "--state", In("state"), "-o", In("scores.csv")}), 1, {"score log"});
  EXPECT_EQ(Left(), (std::set<std::string>{"edgewise.toml", "event.json", "history.zst", "records.jsonl", "state"}));
}

TEST_F(BadInput, AnImageWithAWrongHashIsNeitherPushedNorPulled) {
  MakeModel(folder_ / "model");
  auto [registry, said] = Serve({"registry", "--address", "127.0.0.1:0", "--folder", In("images"), "--json"});
  const auto reference = said["registry"].get<std::string>() + "/delay:one";
  ASSERT_EQ(Run({"pack", In("model"), "-o", In("image")}).code, 0);
  ASSERT_EQ(Run({"push", In("image"), said["registry"].get<std::string>() + "/delay:good"}).code, 0) << "a control: it can be pushed";
  const auto damage = [](const std::filesystem::path& folder) {
    std::filesystem::path largest;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && (largest.empty() || entry.file_size() > std::filesystem::file_size(largest))) largest = entry.path();
    }
    std::fstream(largest, std::ios::in | std::ios::out | std::ios::binary).seekp(20).put('!').put('?');
    return largest.filename().string();
  };
  const auto blob = damage(folder_ / "image" / "blobs");
  ExpectFailure(Run({"push", In("image"), reference}), 1, {blob, "does not fit its digest"});
  ExpectFailure(Run({"pull", reference, "-o", In("copy")}), 1, {"one"});
  damage(folder_ / "images");
  ExpectFailure(Run({"pull", said["registry"].get<std::string>() + "/delay:good", "-o", In("copy")}), 1, {"is damaged on disk"});
  EXPECT_FALSE(std::filesystem::exists(In("copy")));
}

TEST_F(BadInput, WhoIsNotThereIsNamed) {
  MakeModel(folder_ / "model");
  ASSERT_EQ(Run({"pack", In("model"), "-o", In("image")}).code, 0);
  Write("records.jsonl", Weather(1));
  const std::vector<std::vector<std::string>> commands = {{"push", In("image"), "127.0.0.1:1/delay:one"},
                                                          {"pull", "127.0.0.1:1/delay:one", "-o", In("copy")},
                                                          {"status", "--hub", "127.0.0.1:1"},
                                                          {"events", "--hub", "127.0.0.1:1"},
                                                          {"model", "list", "--hub", "127.0.0.1:1"},
                                                          {"relay", "status", "--hub", "127.0.0.1:1"},
                                                          {"relay", "flush", "--address", "127.0.0.1:1"},
                                                          {"deploy", "history", "--hub", "127.0.0.1:1"},
                                                          {"deploy", "back", "--hub", "127.0.0.1:1"},
                                                          {"send", In("records.jsonl"), "--address", "127.0.0.1:1", "--stream", "weather"}};
  for (const auto& command : commands) ExpectFailure(Run(command), 1, {"cannot connect to 127.0.0.1:1", "is it running?"});
  EXPECT_FALSE(std::filesystem::exists(In("copy")));
}

TEST_F(BadInput, WhoAnswersButIsNoStationIsNamedAndNobodyAborts) {
  std::string answer;  // to everything; changed between requests only
  const auto server =
      net::HttpServer::Start({{"127.0.0.1:0"}}, [&](const net::HttpRequest&, const net::Responder& respond) { respond({200, {}, answer}); },
                             {})
          .value();
  const auto address = server->addresses().at(0);
  MakeModel(folder_ / "model");
  Write("records.jsonl", Weather(1));
  const std::vector<std::vector<std::string>> commands = {{"send", In("records.jsonl"), "--stream", "weather", "--address", address},
                                                          {"status", "--hub", address},
                                                          {"events", "--hub", address},
                                                          {"relay", "status", "--hub", address},
                                                          {"deploy", "history", "--hub", address},
                                                          {"deploy", "back", "--hub", address}};
  for (const auto* said : {"<html>a router's page</html>", "", "[]", "7", "\"ok\""}) {
    answer = said;
    for (const auto& command : commands) ExpectFailure(Run(command), 1, {"is this an Edgewise "});
  }
  answer = R"({"new":"one"})";
  ExpectFailure(Run(commands[0]), 1, {address, "is this an Edgewise site?"});
  answer = R"({"sites":[1],"events":[1],"totals":1})";
  ExpectFailure(Run(commands[1]), 1, {"not expected: "});
  ExpectFailure(Run(commands[4]), 1, {"not expected: "});
}

TEST_F(BadInput, ATakenPortIsNamedWithTheFix) {
  auto [registry, said] = Serve({"registry", "--address", "127.0.0.1:0", "--folder", In("images"), "--json"});
  const auto taken = said["registry"].get<std::string>();
  ExpectFailure(Run({"registry", "--address", taken, "--folder", In("others")}), 1, {taken, "is taken", "choose another port"});
  WriteConfiguration();
  auto text = Read("edgewise.toml");
  const std::string hub = "[hub]\naddress = \"127.0.0.1:0\"";
  text.replace(text.find(hub), hub.size(), "[hub]\naddress = \"" + taken + "\"");
  Write("edgewise.toml", text);
  ExpectFailure(Run({"up", "-c", In("edgewise.toml")}), 1, {taken, "is taken", "choose another port"});
  const auto doctor = Run({"doctor", "-c", In("edgewise.toml")});
  EXPECT_EQ(doctor.code, 1);
  EXPECT_NE(doctor.out.find(taken), std::string::npos);
  EXPECT_NE(doctor.out.find("fix: "), std::string::npos);
}

TEST_F(BadInput, AStateFolderBelongsToOneProcessAtATime) {
  auto [up, said] = Serve({"up", "--json", "-c", WriteConfiguration()});
  ASSERT_TRUE(said.is_object());
  const auto holder = fmt::format("in use by process {}", up.pid());
  ExpectFailure(Run({"up", "-c", In("edgewise.toml")}), 1, {In("state"), holder, "name another folder"});
  ExpectFailure(Run({"hub", "--address", "127.0.0.1:0", "--store", In("state"), "--state", In("state")}), 1, {holder});
  const auto doctor = json::parse(Run({"doctor", "-c", In("edgewise.toml"), "--json"}).out);
  EXPECT_NE(doctor.dump().find("the edgewise up that runs here has it"), std::string::npos) << doctor.dump(2);
  EXPECT_EQ(Run({"status", "--hub", said["hub"]}).code, 0) << "the first one goes on";
  kill(up.pid(), SIGKILL);
  up.Wait();
  auto [again, said_again] = Serve({"up", "--json", "-c", In("edgewise.toml")});
  EXPECT_TRUE(said_again.is_object()) << "a killed holder holds nothing";
}

}  // namespace
}  // namespace edgewise
