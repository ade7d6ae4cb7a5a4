#pragma once

#include "site/made_folder_test.h"

namespace edgewise::site::test {

class FolderTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(base_ / "in"); }
  void TearDown() override { std::filesystem::remove_all(base_); }

  std::unique_ptr<FolderWatch> Open(Killer& killer, Files& files, InputTarget::Kind kind = InputTarget::Kind::kScore) {
    FolderWatch::Parts parts{.options = {.name = "drop", .folder = base_ / "in", .done = base_ / "done", .to = {kind, "late"}},
                             .site = "EWR",
                             .ledger = base_ / "state" / "folder-drop.jsonl",
                             .spec = {"late", {{"name", feature::FieldKind::kText}, {"amount", feature::FieldKind::kNumber}}},
                             .ask = site_.ask(killer),
                             .files = files,
                             .metrics = metrics_,
                             .clock = std::make_shared<ReplayClock>(),
                             .now = [this] { return now_; }};
    parts.options.settle = settle_;
    parts.options.largest = 4096;
    auto opened = FolderWatch::Open(std::move(parts));
    return opened ? std::move(*opened) : nullptr;
  }
  /// Steps until there is nothing to do, or it cannot go on.
  static Result<void> Run(FolderWatch& watch, const Killer& killer) {
    while (true) {
      EDGEWISE_ASSIGN(const bool more, watch.Step(killer.stop.get_token()));
      if (!more) return {};
    }
  }
  void Write(const std::string& name, const std::string& bytes) const { std::ofstream(base_ / "in" / name, std::ios::binary) << bytes; }
  std::string Done(const std::string& name) const { return SystemFiles().Read(base_ / "done" / name).value_or("none"); }

  std::filesystem::path base_ = std::filesystem::temp_directory_path() / ("edgewise-folder-" + LineageId::Random().ToString());
  std::chrono::steady_clock::time_point now_;
  std::chrono::milliseconds settle_{0};
  Metrics metrics_;
  RowTaker site_;
};

}  // namespace edgewise::site::test
