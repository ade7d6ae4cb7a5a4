// What would go wrong later is found before, each with its fix.
#include "command_runner_test.h"
#include "queue/sqlite_queue.h"
#include "site/journal.h"
#include "store/fake_blob_server.h"

namespace edgewise {
namespace {

using nlohmann::json;

class Doctor : public CommandTest {
 protected:
  /// What doctor finds about `what` in that configuration.
  json Finding(const std::string& what, const std::string& file) {
    const auto all = json::parse(Run({"doctor", "-c", file, "--json"}).out, nullptr, false);
    for (const auto& each : all) {
      if (each.value("what", "") == what) return each;
    }
    return {{"good", false}, {"found", "nothing about " + what}, {"fix", ""}};
  }
  void ExpectMend(const std::string& what, const std::string& file, const std::string& found, const std::string& fix) {
    const auto finding = Finding(what, file);
    EXPECT_EQ(finding["good"], false) << what;
    EXPECT_NE(finding["found"].get<std::string>().find(found), std::string::npos) << finding;
    EXPECT_NE(finding["fix"].get<std::string>().find(fix), std::string::npos) << finding;
  }
  /// With a second site at an address.
  std::string WithSite(const std::string& address) {
    return WriteConfiguration("", "[[site]]\nname = \"JFK\"\naddress = \"" + address + "\"\n");
  }
};

TEST_F(Doctor, FindsNothingWhereAllIsWell) {
  const auto file = WithSite("127.0.0.1:0");
  for (const auto* what : {"addresses", "pages, history", "names", "address of JFK"}) EXPECT_EQ(Finding(what, file)["good"], true) << what;
}

TEST_F(Doctor, NamesBothThatHaveOneAddressAndSoDoesUp) {
  const auto file =
      WriteConfiguration("", "[[site]]\nname = \"JFK\"\naddress = \"127.0.0.1:9\"\n[[site]]\nname = \"LGA\"\naddress = \"127.0.0.1:9\"\n");
  ExpectMend("addresses", file, "site JFK and site LGA have one address, 127.0.0.1:9", "another port");
  const auto up = Run({"up", "-c", file});
  EXPECT_EQ(up.code, 2);
  EXPECT_NE(up.error.find("site JFK and site LGA"), std::string::npos) << up.error;
  EXPECT_FALSE(std::filesystem::exists(In("state"))) << "before anything is written";
}

TEST_F(Doctor, SaysHowAnAddressIsWritten) {
  for (const auto* address : {"127.0.0.1", "127.0.0.1:99999"}) ExpectMend("address of JFK", WithSite(address), address, "write host:port");
}

TEST_F(Doctor, FindsPathsThatAreNotThere) {
  ExpectMend("pages, history", WriteConfiguration("pages = \"no-pages\"\n"), "no-pages", "tools/build-web");
  const auto improve = "[improve]\nmodel = \"delay\"\nfirst = \"2013-05-01\"\nhistory = [\"none.zst\"]\n";
  ExpectMend("pages, history", WriteConfiguration("", improve), "none.zst", "edgewise train samples");
}

TEST_F(Doctor, FindsNamesThatNobodyElseUses) {
  Write("planets.csv", "tailnum,year\nN1,2000\n");
  const auto table = "[tables.planets]\nfile = \"planets.csv\"\nkey = \"tailnum\"\ncolumns = [\"year\"]\n";
  ExpectMend("names", WriteConfiguration("", table), "\"planets\"; did you mean \"planes\"?", "one name");
  const auto improve = "[improve]\nmodel = \"daly\"\nfirst = \"2013-05-01\"\n";
  ExpectMend("names", WriteConfiguration("", improve), "\"daly\"", "one name");
}

TEST_F(Doctor, SaysWhatASitesQueueHasLostOrSetAside) {
  const auto file = WithSite("127.0.0.1:0");
  std::filesystem::create_directories(In("state/sites/JFK"));
  {
    auto queue = queue::SqliteQueue::Open(In("state/sites/JFK/queue.db"), {.site = "JFK"}).value();
    event::Event event;
    event.type = event::kSampleV1;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue->Append({{event}}, std::nullopt, Deadline::Never()));
    EXPECT_EQ(Finding("queue of JFK", file)["good"], false) << "it is in use";
  }
  EXPECT_EQ(Finding("queue of JFK", file)["found"], "3 events wait");
  {
    auto queue = queue::SqliteQueue::Open(In("state/sites/JFK/queue.db"), {.site = "JFK"}).value();
    ASSERT_TRUE(queue->SetAside({"JFK/1/sample/2"}, "planted", Deadline::Never()));
  }
  ExpectMend("dead events of JFK", file, "1 were taken out of the line", "dead retry");
  auto bytes = SystemFiles().Read(In("state/sites/JFK/queue.db")).value();
  for (auto at = bytes.find("sample.v1"); at != std::string::npos; at = bytes.find("sample.v1", at + 1)) bytes[at] = '!';
  Write("state/sites/JFK/queue.db", bytes);
  {
    auto queue = queue::SqliteQueue::Open(In("state/sites/JFK/queue.db"), {.site = "JFK"}).value();
    while (!queue->Scrub(10).value().done) {
    }
  }
  ExpectMend("disk under JFK", file, "2 records are damaged", "smartctl");
}

TEST_F(Doctor, ReadsASitesJournal) {
  const auto file = WithSite("127.0.0.1:0");
  std::filesystem::create_directories(In("state/sites/JFK"));
  {
    const auto journal = site::Journal::Open(SystemFiles(), In("state/sites/JFK/journal"), {.segment_bytes = 100}).value();
    for (int i = 0; i < 9; ++i) ASSERT_TRUE(journal->Write({std::string(60, 'x')}));
  }
  EXPECT_EQ(Finding("journal of JFK", file)["good"], true);
  const auto path = site::SegmentPath("state/sites/JFK/journal", 1).string();
  auto bytes = Read(path);
  bytes[70] = '!';
  Write(path, bytes);
  ExpectMend("journal of JFK", file, "1 entries cannot be read", "smartctl");
}

TEST_F(Doctor, ASupportBundleHoldsWhatHelpsAndNoEvent) {
  const auto file = WithSite("127.0.0.1:0");
  std::filesystem::create_directories(In("state/sites/JFK"));
  {
    auto queue = queue::SqliteQueue::Open(In("state/sites/JFK/queue.db"), {.site = "JFK"}).value();
    event::Event event;
    event.type = event::kSampleV1;
    event.data = R"({"tail":"CANARY-N14228"})";
    ASSERT_TRUE(queue->Append({{event}}, std::nullopt, Deadline::Never()));
    ASSERT_TRUE(queue->SetAside({"JFK/1/sample/1"}, "CANARY-reason", Deadline::Never()));
  }
  const auto answer = Run({"support-bundle", "-c", file, "-o", In("support.json")});
  ASSERT_EQ(answer.code, 0) << answer.error;
  const auto text = Read("support.json");
  EXPECT_EQ(text.find("CANARY"), std::string::npos);
  const auto bundle = json::parse(text);
  EXPECT_EQ(bundle["sites"]["JFK"]["queue"]["sample"]["dead"], 1);
  EXPECT_EQ(bundle["sites"]["JFK"]["files"][0]["name"], "queue.db");
  EXPECT_FALSE(bundle["doctor"].empty());
  EXPECT_TRUE(bundle["hub"].contains("error")) << "it does not run";
}

TEST_F(Doctor, LooksWhetherTheStoreAnswersAndItsSignatureLasts) {
  const store::FakeBlobServer server;
  const auto url = server.Url();
  const auto file = WriteConfiguration("store = \"" + url.substr(0, url.find('?')) + "\"\n");
  const auto with = [&](const std::string& signature, const auto& look) {
    setenv("EDGEWISE_STORE_SAS", signature.c_str(), 1);
    look();
    unsetenv("EDGEWISE_STORE_SAS");
  };
  const auto good = url.substr(url.find('?') + 1);
  with(good + "&se=2099-01-01T00%3A00%3A00Z", [&] {
    EXPECT_EQ(Finding("store", file)["good"], true) << Finding("store", file);
    EXPECT_EQ(Finding("signature of the store", file)["good"], true);
    EXPECT_EQ(Finding("clock", file)["good"], true);
  });
  with(good + "&se=2020-01-01T00%3A00%3A00Z",
       [&] { ExpectMend("signature of the store", file, "ended at 2020-01-01", "EDGEWISE_STORE_SAS"); });
  with("sig=t0psecret", [&] {
    ExpectMend("store", file, "403 AuthenticationFailed", "kept here");
    EXPECT_FALSE(Run({"doctor", "-c", file}).out.contains("t0psecret"));
  });
}

TEST_F(Doctor, SeesAClockThatWasSetBackAndAKeyThatOthersCanRead) {
  const auto file = WithSite("127.0.0.1:0");
  std::filesystem::create_directories(In("state/sites/JFK"));
  (void)queue::SqliteQueue::Open(In("state/sites/JFK/queue.db"), {.site = "JFK"}).value();
  EXPECT_EQ(Finding("clock", file)["good"], true);
  const auto hour = std::chrono::hours(1);
  std::filesystem::last_write_time(In("state/sites/JFK/queue.db"), std::filesystem::file_time_type::clock::now() + hour);
  ExpectMend("clock", file, "written", "set the clock");
  Write("state/sites/JFK/pseudonyms.key", "0123456789abcdef");
  using std::filesystem::perms;
  std::filesystem::permissions(In("state/sites/JFK/pseudonyms.key"), perms::owner_all | perms::group_read | perms::others_read);
  ExpectMend("key of JFK", file, "can be read by others", "chmod 600");
}

TEST_F(Doctor, ABundleOfABrokenConfigurationSaysWhatIsWrong) {
  Write("broken.toml", "state = \nstore = \"https://h/c?sv=1&sig=t0psecret\"\n");
  const auto answer = Run({"support-bundle", "-c", In("broken.toml"), "-o", In("support.json")});
  ASSERT_EQ(answer.code, 0) << answer.error;
  const auto bundle = json::parse(Read("support.json"));
  EXPECT_EQ(bundle["configuration"], "state = \nstore = \"https://h/c?...\"\n");
  EXPECT_NE(bundle["doctor"][0]["found"].get<std::string>().find("broken.toml"), std::string::npos);
}

}  // namespace
}  // namespace edgewise
