#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "deploy/detail/child.h"
#include "deploy/fake_target.h"
#include "deploy/inline_target.h"
#include "deploy/process_target.h"
#include "deploy/target_conformance.h"

namespace edgewise::deploy::test {
namespace {

using std::chrono::milliseconds;

struct FakeRig {
  Target& target() { return fake; }
  FakeTarget fake;
};
struct InlineRig {
  Target& target() { return in_process; }
  InlineTarget in_process;
};
struct ProcessRig {
  explicit ProcessRig(std::vector<std::string> arguments = {"score", "serve"})
      : process({.program = EDGEWISE_SCORER, .socket_folder = folder.path(), .log = {}, .arguments = std::move(arguments)}) {}
  Target& target() { return process; }
  TestFolder folder;
  ProcessTarget process;
};

using Rigs = testing::Types<FakeRig, InlineRig, ProcessRig>;
INSTANTIATE_TYPED_TEST_SUITE_P(Targets, TargetConformance, Rigs);

bool Exists(int pid) { return kill(pid, 0) == 0; }

class ProcessTargetTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Running>> Start(std::vector<std::string> arguments, Deadline deadline = Soon()) {
    rig_ = std::make_unique<ProcessRig>(std::move(arguments));
    return rig_->target().Start(MadeModel(folder_.path(), MadeOnnx(1)), deadline);
  }
  TestFolder folder_;
  std::unique_ptr<ProcessRig> rig_;
};

TEST_F(ProcessTargetTest, NothingIsLeftOfAScorerThatIsDropped) {
  auto running = Start({"score", "serve"});
  ASSERT_TRUE(running) << running.error().message;
  const int pid = (*running)->pid();
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(Exists(pid));
  running->reset();
  EXPECT_FALSE(Exists(pid));
  EXPECT_TRUE(std::filesystem::is_empty(rig_->folder.path()));
}

TEST_F(ProcessTargetTest, AScorerThatIsKilledIsSeenAndUnavailable) {
  const auto running = Start({"score", "serve"});
  ASSERT_TRUE(running) << running.error().message;
  ASSERT_EQ(kill((*running)->pid(), SIGKILL), 0);
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>((*running)->pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE((*running)->Alive());
  EXPECT_EQ((*running)->engine().Score(std::vector<float>(3), Soon()).error().code, Code::kUnavailable);
}

TEST_F(ProcessTargetTest, AScorerThatNeverGetsReadyIsKilledInTime) {
  const auto begin = std::chrono::steady_clock::now();
  const auto running = Start({"silent"}, Deadline::After(milliseconds(200)));
  ASSERT_FALSE(running);
  EXPECT_EQ(running.error().code, Code::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));  // it ignores SIGTERM: the patience was not spent
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);                                  // no child is left
}

TEST_F(ProcessTargetTest, AScorerThatDiesOrIsMissingIsUnavailable) {
  EXPECT_EQ(Start({"dies"}).error().code, Code::kUnavailable);
  ProcessTarget missing({.program = "/nowhere/edgewise", .socket_folder = "/tmp", .log = {}});
  const auto started = missing.Start(MadeModel(folder_.path(), MadeOnnx(1)), Soon());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::kUnavailable);
  EXPECT_NE(started.error().message.find("/nowhere/edgewise"), std::string::npos);
}

TEST_F(ProcessTargetTest, AModelThatCannotBeLoadedIsRefusedWithTheScorersReason) {
  ProcessRig rig;
  const auto started = rig.target().Start(MadeModel(folder_.path(), "not a model"), Soon());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::kInvalidArgument);
  EXPECT_NE(started.error().message.find("cannot be loaded"), std::string::npos) << started.error().message;
}

TEST_F(ProcessTargetTest, APathTooLongForASocketIsRefused) {
  ProcessTarget target({.program = EDGEWISE_SCORER, .socket_folder = "/tmp/" + std::string(120, 'x'), .log = {}});
  EXPECT_EQ(target.Start(MadeModel(folder_.path(), MadeOnnx(1)), Soon()).error().code, Code::kInvalidArgument);
}

// A parent that is killed with -9 runs no destructor; the lifeline closes all the same.
TEST_F(ProcessTargetTest, AScorerEndsWithItsParentWhateverItsEnd) {
  const auto model = MadeModel(folder_.path(), MadeOnnx(1));
  ProcessRig rig;
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    auto running = rig.target().Start(model, Soon());
    const int pid = running ? (*running)->pid() : 0;
    (void)!write(pipe_ends[1], &pid, sizeof(pid));
    while (true) pause();
  }
  int scorer = 0;
  ASSERT_EQ(read(pipe_ends[0], &scorer, sizeof(scorer)), static_cast<ssize_t>(sizeof(scorer)));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  ASSERT_GT(scorer, 0);
  const int watch = open(("/proc/" + std::to_string(scorer) + "/cmdline").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(watch, 0);
  ASSERT_EQ(kill(parent, SIGKILL), 0);
  waitpid(parent, nullptr, 0);
  // Not our child: watch its command line vanish, which it does even if nobody collects the zombie.
  const auto deadline = Deadline::After(std::chrono::seconds(20));
  char byte = 0;
  while (pread(watch, &byte, 1, 0) == 1 && !deadline.Expired()) poll(nullptr, 0, 5);
  EXPECT_FALSE(deadline.Expired()) << "the scorer outlived its parent";
  close(watch);
}

TEST(FakeTarget, FailsOnceWhenToldAndLetsScorersDie) {
  TestFolder folder;
  FakeTarget target;
  const auto model = MadeModel(folder.path(), MadeOnnx(1));
  target.FailNext({Code::kDeadlineExceeded, "never ready"});
  EXPECT_EQ(target.Start(model, Soon()).error().code, Code::kDeadlineExceeded);
  const auto running = target.Start(model, Soon());
  ASSERT_TRUE(running);
  target.Kill("delay");
  EXPECT_FALSE((*running)->Alive());
  EXPECT_EQ((*running)->engine().Score(std::vector<float>(3), Soon()).error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace edgewise::deploy::test
