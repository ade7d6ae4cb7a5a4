// What looking for new objects costs when there are none: counted in directory entries, not in time.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "hub/fake_index.h"
#include "hub/indexer.h"
#include "hub/made_batches_test.h"
#include "store/directory_store.h"

namespace edgewise::hub {
namespace {

namespace fs = std::filesystem;

TEST(Indexer, TenThousandIndexedBatchesAreNotReadAgain) {
  const auto root = fs::temp_directory_path() / fmt::format("edgewise-indexer-cost-{}", getpid());
  FakeIndex index;
  const int batches = 10'000, lanes = 4;
  for (int lane = 0; lane < lanes; ++lane) {
    const auto folder = fmt::format("sites/S{}/sample/e000001/", lane);
    fs::create_directories(root / folder);
    for (int i = 0; i < batches / lanes; ++i) {
      for (const auto* ending : {".jsonl.zst", ".manifest.json"}) std::ofstream(root / fmt::format("{}{:012}{}", folder, i, ending));
    }
    ASSERT_TRUE(index.SetAside({fmt::format("{}{:012}.jsonl.zst", folder, batches / lanes - 1), "", "stands for all before it"}));
    fs::last_write_time(root / folder, fs::file_time_type::clock::now() - std::chrono::seconds(10));
  }
  Metrics metrics;
  store::DirectoryStore store(SystemFiles(), root);
  Indexer indexer(store, index, metrics);
  EXPECT_EQ(*indexer.Step(200, Deadline::Never()), 0u);
  const auto first = store.entries_read();
  EXPECT_GE(first, 2u * batches) << "a start looks at all names once";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(*indexer.Step(200, Deadline::Never()), 0u);
  EXPECT_LE((store.entries_read() - first) / 10, 3u * lanes) << "the folders above, and no batch";
  std::ofstream(root / "sites/S2/sample/e000001/000000009999.manifest.json") << "{}";
  EXPECT_EQ(*indexer.Step(200, Deadline::Never()), 1u) << "what is new is found all the same";
  fs::remove_all(root);
}

}  // namespace
}  // namespace edgewise::hub
