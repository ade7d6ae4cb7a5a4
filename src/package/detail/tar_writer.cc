#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "package/detail/tar.h"
#include "package/detail/tar_header.h"

namespace edgewise::package::detail {
namespace {

enum class Kind : char { kFile = '0', kFolder = '5' };

template <std::size_t N>
void PutText(char (&field)[N], std::string_view text) {
  std::memcpy(field, text.data(), std::min(text.size(), N));
}

/// Zero-padded octal that fills the field but for its final NUL.
template <std::size_t N>
void PutOctal(char (&field)[N], std::uint64_t number) {
  PutText(field, fmt::format("{:0{}o}", number, N - 1));
}

/// A path over 100 bytes is cut at a '/': its head goes to `prefix`.
Result<void> PutPath(TarHeader& header, std::string_view path) {
  if (path.size() <= sizeof header.name) {
    PutText(header.name, path);
    return {};
  }
  const auto cut = path.find('/', path.size() - sizeof header.name - 1);
  if (cut == std::string_view::npos || cut > sizeof header.prefix || cut + 1 == path.size()) {
    return Fail(Code::kInvalidArgument, fmt::format("path {} has a part too long for a ustar archive (100 bytes)", path));
  }
  PutText(header.prefix, path.substr(0, cut));
  PutText(header.name, path.substr(cut + 1));
  return {};
}

Result<void> AppendEntry(std::string& archive, std::string_view path, Kind kind, std::string_view bytes) {
  if (bytes.size() >= std::size_t{1} << 33) return Fail(Code::kInvalidArgument, fmt::format("file {} is over 8 GiB", path));
  TarHeader header{};
  EDGEWISE_TRY(PutPath(header, path));
  PutOctal(header.mode, kind == Kind::kFolder ? 0755 : 0644);
  PutOctal(header.uid, 0);
  PutOctal(header.gid, 0);
  PutOctal(header.size, bytes.size());
  PutOctal(header.mtime, 0);
  header.type = static_cast<char>(kind);
  PutText(header.magic, std::string_view("ustar\0", 6));
  PutText(header.version, "00");
  PutText(header.checksum, fmt::format("{:06o}", Checksum(header)));
  header.checksum[7] = ' ';
  archive.append(reinterpret_cast<const char*>(&header), sizeof header);
  archive.append(bytes);
  archive.append((kBlock - bytes.size() % kBlock) % kBlock, '\0');
  return {};
}

/// Every folder above the files, with the closing '/'.
std::set<std::string> FoldersOf(const std::vector<File>& files) {
  std::set<std::string> folders;
  for (const auto& file : files) {
    for (auto slash = file.path.find('/'); slash != std::string::npos; slash = file.path.find('/', slash + 1)) {
      folders.insert(file.path.substr(0, slash + 1));
    }
  }
  return folders;
}

}  // namespace

Result<void> CheckPath(std::string_view path) {
  constexpr std::size_t kLongest = 240;
  const auto bad_character = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\'; };
  bool good = path.size() <= kLongest && std::ranges::none_of(path, bad_character);
  for (auto rest = path; good;) {
    const auto slash = rest.find('/');
    const auto segment = rest.substr(0, slash);
    good = !segment.empty() && segment != "." && segment != "..";
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (good) return {};
  return Fail(
      Code::kInvalidArgument,
      fmt::format("a path of {} bytes in the image leaves its folder or has bad characters; use relative paths without '..'", path.size()));
}

Result<std::string> WriteTar(std::vector<File> files) {
  std::ranges::sort(files, {}, &File::path);
  const auto folders = FoldersOf(files);
  std::string archive;
  for (const auto& folder : folders) EDGEWISE_TRY(AppendEntry(archive, folder, Kind::kFolder, {}));
  for (std::size_t i = 0; i < files.size(); ++i) {
    EDGEWISE_TRY(CheckPath(files[i].path));
    const bool taken = folders.contains(files[i].path + '/') || (i > 0 && files[i - 1].path == files[i].path);
    if (taken) return Fail(Code::kInvalidArgument, fmt::format("path {} is there twice", files[i].path));
    EDGEWISE_TRY(AppendEntry(archive, files[i].path, Kind::kFile, files[i].bytes));
  }
  archive.append(2 * kBlock, '\0');
  return archive;
}

}  // namespace edgewise::package::detail
