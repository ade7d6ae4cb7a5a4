#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace edgewise::score::test {

/// A folder of the real file system, gone with the test.
struct TestFolder {
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "edgewise-repository-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  void Put(const std::string& file, std::string_view bytes) const {
    std::filesystem::create_directories((path / file).parent_path());
    std::ofstream(path / file, std::ios::binary) << bytes;
  }
  std::filesystem::path path;
};

}  // namespace edgewise::score::test
