#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <thread>

#include "base/deadline.h"
#include "base/files.h"
#include "base/lineage_id.h"
#include "child.h"
#include "processes.h"

namespace edgewise::e2e {
namespace {

using std::chrono::seconds;

/// `edgewise demo` on a small simulated year, in a session of its own, with a home and a working folder that must stay empty.
class DemoStop : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto* name : {"home", "temp", "here"}) std::filesystem::create_directories(folder_ / name);
  }
  void TearDown() override {
    for (const auto process : OffspringOf(getpid())) kill(process, SIGKILL);
    if (!HasFailure()) std::filesystem::remove_all(folder_);
  }
  Child Start() {
    return Child::Start(
               {.command = {"/bin/sh", "-c",
                            R"(cd "$1" && exec setsid "$2" demo --data simulator --flights-per-day 10 --example "$3" --folder "$4")", "sh",
                            folder_ / "here", EDGEWISE_PROGRAM, EDGEWISE_EXAMPLE, folder_ / "demo"},
                .environment = {fmt::format("HOME={}", (folder_ / "home").string()), fmt::format("TMPDIR={}", (folder_ / "temp").string())},
                .log = folder_ / "stderr"})
        .value();
  }
  /// Waits until a descendant with this word in its command line has begun to work.
  static void WaitFor(const Child& demo, const std::string& word) {
    const auto deadline = Deadline::After(seconds(60));
    while (OffspringOf(demo.pid(), word).empty()) {
      ASSERT_FALSE(deadline.Expired()) << "nobody does " << word;
      ASSERT_GE(TicksOf(demo.pid()), 0) << "the demo ended before " << word;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // between two looks
    }
  }
  static void ExpectGone(const std::vector<pid_t>& processes) {
    const auto deadline = Deadline::After(seconds(20));
    for (const auto process : processes) {
      while (TicksOf(process) >= 0 && !deadline.Expired()) std::this_thread::sleep_for(std::chrono::milliseconds(5));  // likewise
      EXPECT_LT(TicksOf(process), 0) << "an orphan";
    }
  }
  void ExpectNothingElsewhere() {
    for (const auto* name : {"home", "temp", "here"}) EXPECT_TRUE(std::filesystem::is_empty(folder_ / name)) << name;
  }
  std::string Said() { return SystemFiles().Read(folder_ / "stderr").value_or(""); }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-stop-" + LineageId::Random().ToString());
};

TEST_F(DemoStop, CtrlCEndsEveryoneAndSaysWhatToDoNext) {
  auto demo = Start();
  WaitFor(demo, "serve");  // scorers run: the year is being told
  const auto all = OffspringOf(demo.pid());
  EXPECT_GE(all.size(), 2U) << "edgewise up and a scorer";
  kill(-demo.pid(), SIGINT);  // the terminal tells it to the whole group
  EXPECT_EQ(demo.Wait(), 130);
  ExpectGone(all);
  const auto start_over = fmt::format("edgewise demo --fresh --folder {} --data simulator", (folder_ / "demo").string());
  EXPECT_NE(Said().find("Start over with: " + start_over), std::string::npos) << Said();
  auto second = Start();
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_NE(Said().find("holds an earlier demo; start over with: " + start_over), std::string::npos) << Said();
  ExpectNothingElsewhere();
}

TEST_F(DemoStop, ASignalToTheDemoAloneEndsTheCommandThatRuns) {
  auto demo = Start();
  WaitFor(demo, "samples");  // history is being made
  const auto all = OffspringOf(demo.pid());
  kill(demo.pid(), SIGTERM);
  EXPECT_EQ(demo.Wait(), 130);
  ExpectGone(all);
  EXPECT_NE(Said().find("Stopped"), std::string::npos) << Said();
}

TEST_F(DemoStop, AKilledDemoLeavesNoOrphan) {
  auto demo = Start();
  WaitFor(demo, "serve");
  const auto all = OffspringOf(demo.pid());
  kill(demo.pid(), SIGKILL);
  EXPECT_EQ(demo.Wait(), 128 + SIGKILL);
  ExpectGone(all);
}

}  // namespace
}  // namespace edgewise::e2e
