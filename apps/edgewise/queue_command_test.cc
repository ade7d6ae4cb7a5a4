#include <fmt/format.h>
#include <signal.h>

#include <set>
#include <sstream>

#include "command_runner_test.h"
#include "store/fake_blob_server.h"

namespace edgewise {
namespace {

class QueueCommand : public CommandTest {
 protected:
  static std::vector<std::string> Lines(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  std::vector<std::string> Dump() { return Lines(Run({"queue", "dump", "--path", In("q")}).out); }
};

TEST_F(QueueCommand, WhatIsWrittenIsDumpedAndCarriedToTheStoreOnce) {
  const auto written = Run({"queue", "write", "--path", In("q"), "--count", "5", "--batch", "2", "--print-acks"});
  ASSERT_EQ(written.code, 0) << written.error;
  std::vector<std::string> waiting;
  for (const auto& id : Lines(written.out)) waiting.push_back(id + " waiting");
  ASSERT_EQ(waiting.size(), 5U);
  EXPECT_EQ(waiting[4], "local/1/sample/5 waiting");
  EXPECT_EQ(Dump(), waiting);
  const std::vector<std::string> relay = {
      "relay",  "run",   "--queue", In("q"), "--store", "file://" + In("store"), "--policy", std::string(EDGEWISE_EXAMPLE) + "/policy.toml",
      "--once", "--json"};
  const auto carried = Run(relay);
  ASSERT_EQ(carried.code, 0) << carried.error;
  const auto said = [](const std::string& out, int now) {
    return out.contains(fmt::format(R"({{"lane":"sample","stored":5,"denied":0,"stored_through":5,"stored_now":{},"denied_now":0}})", now));
  };
  EXPECT_TRUE(said(carried.out, 5)) << carried.out;
  EXPECT_TRUE(Dump().empty());
  const auto again = Run(relay);
  EXPECT_TRUE(said(again.out, 0)) << again.out << "nothing was left to carry";
  EXPECT_EQ(Run({"queue", "write", "--path", In("q"), "--print-acks"}).out, "local/1/sample/6\n") << "numbers go on";
}

TEST_F(QueueCommand, AContainerOfAzureTakesItWithASignatureThatIsShownNowhere) {
  const store::FakeBlobServer server;
  const auto url = server.Url();
  ASSERT_EQ(Run({"queue", "write", "--path", In("q"), "--count", "5"}).code, 0);
  const auto relay = [&](const std::string& signature) {
    setenv("EDGEWISE_STORE_SAS", signature.c_str(), 1);
    auto run = Run({"relay", "run", "--queue", In("q"), "--store", url.substr(0, url.find('?')), "--policy",
                    std::string(EDGEWISE_EXAMPLE) + "/policy.toml", "--once"});
    unsetenv("EDGEWISE_STORE_SAS");
    return run;
  };
  const auto refused = relay("sig=t0psecret");
  EXPECT_EQ(refused.code, 3) << refused.error;
  EXPECT_FALSE((refused.out + refused.error).contains("t0psecret")) << refused.error;
  EXPECT_EQ(server.size(), 0U);
  const auto carried = relay(url.substr(url.find('?')) + "\n");  // as a file or a portal gives it
  ASSERT_EQ(carried.code, 0) << carried.error;
  EXPECT_EQ(server.size(), 2U) << "object and manifest";
  EXPECT_TRUE(Dump().empty());
}

TEST_F(QueueCommand, AQueueThatWasSetBackTakesNothingUntilItsEpochIsRaised) {
  const auto write = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"queue", "write", "--path", In("q"), "--count", "20"};
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  };
  const std::vector<std::string> relay = {
      "relay", "run", "--queue", In("q"), "--store", In("store"), "--policy", std::string(EDGEWISE_EXAMPLE) + "/policy.toml", "--once"};
  ASSERT_EQ(write({}).code, 0);
  std::filesystem::copy_file(In("q/queue.db"), In("backup"));
  ASSERT_EQ(write({}).code, 0);
  ASSERT_EQ(Run(relay).code, 0);
  std::filesystem::remove(In("q/queue.db"));
  std::filesystem::copy_file(In("backup"), In("q/queue.db"));
  const auto refused = write({"--print-acks"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(refused.out, "") << "nothing is acknowledged";
  EXPECT_TRUE(refused.error.contains("--epoch 2")) << refused.error;
  ASSERT_EQ(write({"--epoch", "2"}).code, 0);
  const auto carried = Run(relay);
  ASSERT_EQ(carried.code, 0) << carried.error;
  EXPECT_TRUE(std::filesystem::exists(In("store/sites/local/sample/e000002"))) << "the new life";
}

TEST_F(QueueCommand, AQueueThatWasCutOffIsLeftAsItIs) {
  ASSERT_EQ(Run({"queue", "write", "--path", In("q")}).code, 0);
  std::filesystem::resize_file(In("q/queue.db"), 0);
  const auto count = Run({"events", "count", "--path", In("q")});
  EXPECT_EQ(count.code, 1);
  EXPECT_TRUE(count.error.contains("is empty: it was cut off")) << count.error;
  EXPECT_EQ(std::filesystem::file_size(In("q/queue.db")), 0U);
}

TEST_F(QueueCommand, NamesThatNoRelayCouldSendAreRefused) {
  for (const auto* name : {"", "a/b", "a b", "..", "\"q\""}) {
    EXPECT_EQ(Run({"queue", "write", "--path", In("q"), "--site", name}).code, 2) << name;
  }
}

TEST_F(QueueCommand, AStoreThatIsNoneIsRefusedAndItsSecretNotShown) {
  ASSERT_EQ(Run({"queue", "write", "--path", In("q")}).code, 0);
  for (const auto* store :
       {"", "https:/account/c?sig=t0psecret", "account.example/c?sig=t0psecret", "file://account/c", "https://me:t0psecret@host/c"}) {
    const auto run =
        Run({"relay", "run", "--queue", In("q"), "--store", store, "--policy", std::string(EDGEWISE_EXAMPLE) + "/policy.toml", "--once"});
    EXPECT_EQ(run.code, 2) << store << run.error;
    EXPECT_FALSE(run.error.contains("t0psecret")) << run.error;
  }
  EXPECT_EQ(Dump().size(), 1U) << "and nothing has left";
}

TEST_F(QueueCommand, AnExportReplacesNoQueueAndNoDevice) {
  ASSERT_EQ(Run({"queue", "write", "--path", In("q")}).code, 0);
  std::filesystem::create_symlink("elsewhere", In("link"));
  for (const auto& out : {In("q/queue.db"), In("link")}) EXPECT_EQ(Run({"events", "export", "--path", In("q"), "-o", out}).code, 2) << out;
  EXPECT_EQ(Dump().size(), 1U);
  EXPECT_TRUE(std::filesystem::is_symlink(In("link")));
}

TEST_F(QueueCommand, AnotherOwnerAndNoQueueAreSaid) {
  const auto none = Run({"queue", "dump", "--path", In("q")});
  EXPECT_EQ(none.code, 1);
  EXPECT_NE(none.error.find("there is no queue " + In("q/queue.db")), std::string::npos) << none.error;
  ASSERT_EQ(Run({"queue", "write", "--path", In("q"), "--site", "EWR"}).code, 0);
  EXPECT_NE(Run({"queue", "write", "--path", In("q"), "--site", "JFK"}).error.find("belongs to another site"), std::string::npos);
  const auto store = Run(
      {"relay", "run", "--queue", In("q"), "--store", "s3://bucket", "--policy", std::string(EDGEWISE_EXAMPLE) + "/policy.toml", "--once"});
  EXPECT_EQ(store.code, 1);
  EXPECT_NE(store.error.find("s3://bucket"), std::string::npos) << store.error;
}

TEST_F(QueueCommand, AKillLosesAndDoublesNothingThatWasAcknowledged) {
  constexpr int kRounds = 10;
  std::set<std::string> acknowledged;
  for (int round = 1; round <= kRounds; ++round) {
    auto [answer, lines] = [&] {
      auto child = Child::Start({.command = {EDGEWISE_PROGRAM, "queue", "write", "--path", In("q"), "--count", "100000000", "--batch", "8",
                                             "--print-acks"},
                                 .environment = {},
                                 .log = folder_ / "write.log"})
                       .value();
      std::string out;
      for (int i = 0; i < 100 * round; ++i) out += child.ReadLine().value() + "\n";
      kill(child.pid(), SIGKILL);
      out += child.ReadAll();
      return std::pair(child.Wait(), Lines(out));
    }();
    EXPECT_EQ(answer, 128 + SIGKILL);
    for (const auto& id : lines) EXPECT_TRUE(acknowledged.insert(id).second) << id << " was given twice";
    std::set<std::string> there;
    const auto dumped = Dump();
    for (const auto& line : dumped) there.insert(line.substr(0, line.find(' ')));
    EXPECT_EQ(there.size(), dumped.size());
    EXPECT_TRUE(std::ranges::includes(there, acknowledged)) << "round " << round;
  }
}

}  // namespace
}  // namespace edgewise
