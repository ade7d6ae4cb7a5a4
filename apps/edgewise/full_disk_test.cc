#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "bad_input_test.h"

namespace edgewise {
namespace {

using nlohmann::json;

/// A disk of 3 MB that only this test and its children see.
class FullDisk : public BadInput {
 protected:
  void SetUp() override {
    BadInput::SetUp();
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    std::filesystem::create_directories(In("disk"));
    const bool mounted = unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         mount("tmpfs", In("disk").c_str(), "tmpfs", 0, "size=3m") == 0;
    if (!mounted) GTEST_SKIP() << "needs root that may mount";
  }
  void TearDown() override {
    umount2(In("disk").c_str(), MNT_DETACH);
    BadInput::TearDown();
  }
  void WriteRecords() const {
    const auto weather = Weather(50);
    std::string records;
    for (std::size_t at = 0; at < weather.size(); at = weather.find('\n', at) + 1)
      records += "{\"stream\":\"weather\"," + weather.substr(at + 1, weather.find('\n', at) - at);
    Write("records.jsonl", records);
  }
  std::vector<std::string> MakeSamples() const {
    return {"train",     "samples",           "-c",      WriteConfiguration(), "--site", "EWR",
            "--records", In("records.jsonl"), "--until", "2013-04-01",         "-o",     In("disk/samples.jsonl.zst")};
  }
  /// Leaves no byte free.
  void Fill() const {
    std::ofstream filler(In("disk/filler"), std::ios::binary);
    while (filler.write(std::string(4096, '.').data(), 4096).flush()) {
    }
  }
  void Free() const { std::filesystem::remove(In("disk/filler")); }
};

TEST_F(FullDisk, ACommandThatCannotWriteSaysSoAndLeavesNothing) {
  MakeModel(folder_ / "model");
  WriteRecords();
  const std::vector<std::vector<std::string>> commands = {{"pack", In("model"), "-o", In("disk/image")}, MakeSamples()};
  for (const auto& command : commands) EXPECT_EQ(Run(command).code, 0) << command[0] << ": a control";
  std::filesystem::remove(In("disk/samples.jsonl.zst"));
  std::filesystem::remove_all(In("disk/image"));
  Fill();
  for (const auto& command : commands) ExpectFailure(Run(command), 1, {"free space and try again"});
  EXPECT_FALSE(std::filesystem::exists(In("disk/samples.jsonl.zst")));
  EXPECT_FALSE(std::filesystem::exists(In("disk/samples.jsonl.zst.part")));
  EXPECT_FALSE(std::filesystem::exists(In("disk/image/index.json")));
}

TEST_F(FullDisk, AFolderThatMayNotBeWrittenIsAFailureAndNoRefusal) {
  MakeModel(folder_ / "model");
  ASSERT_EQ(mount(nullptr, In("disk").c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  ExpectFailure(Run({"pack", In("model"), "-o", In("disk/image")}), 1, {"Read-only", "choose another folder"});
  WriteRecords();
  ExpectFailure(Run(MakeSamples()), 1, {"cannot be written"});
}

TEST_F(FullDisk, UpSaysSoAtItsStart) {
  WriteConfiguration();
  auto text = Read("edgewise.toml");
  text.replace(0, text.find('\n'), "state = \"disk/state\"");
  Write("edgewise.toml", text);
  Fill();
  const auto up = Run({"up", "-c", In("edgewise.toml")});
  EXPECT_EQ(up.code, 1);
  EXPECT_NE(up.error.find("free space"), std::string::npos) << up.error;
}

TEST_F(FullDisk, ARunningSiteRefusesRecordsAndTakesThemWhenThereIsRoomAgain) {
  WriteConfiguration();
  auto text = Read("edgewise.toml");
  text.replace(0, text.find('\n'), "state = \"disk/state\"");
  Write("edgewise.toml", text);
  auto [up, said] = Serve({"up", "--json", "-c", In("edgewise.toml")});
  ASSERT_TRUE(said.is_object());
  Write("records.jsonl", Weather(600));
  const std::vector<std::string> send = {"send",   In("records.jsonl"), "--address", said["sites"]["EWR"], "--stream", "weather",
                                         "--json", "--lines",           "100"};
  Fill();
  const auto refused = Run(send);
  EXPECT_EQ(refused.code, 1) << refused.out;
  EXPECT_NE(refused.error.find("space"), std::string::npos) << refused.error;
  Free();
  const auto deadline = Deadline::After(std::chrono::seconds(30));
  auto taken = Run(send);
  while (taken.code != 0 && !deadline.Expired()) taken = Run(send);
  EXPECT_EQ(taken.code, 0) << taken.error;
  EXPECT_EQ(json::parse(Run(send).out)["new"], 0) << "all are there now, each once";
}

}  // namespace
}  // namespace edgewise
