#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "package/detail/tar.h"
#include "package/detail/tar_header.h"

namespace edgewise::package::detail {
namespace {

constexpr std::size_t kMostEntries = 65'536;
constexpr std::size_t kLongestRecord = 64u << 10;  // pax records and GNU long names

std::unexpected<Error> Damaged(std::string_view what) {
  return Fail(Code::kInvalidArgument, fmt::format("layer is not a good tar archive: {}; build the image again", what));
}

template <std::size_t N>
std::string_view Text(const char (&field)[N]) {
  return {field, strnlen(field, N)};
}

std::optional<std::uint64_t> Number(std::string_view text, int base) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What the entries before a header said about the next file.
struct Next {
  std::optional<std::string> path;
  std::optional<std::uint64_t> size;
};

class Reader {
 public:
  explicit Reader(std::string_view archive) : rest_(archive) {}

  Result<std::vector<File>> Read() {
    for (std::size_t entries = 0; !rest_.empty(); ++entries) {
      if (entries > kMostEntries) return Damaged("too many entries");
      if (rest_.size() < kBlock) return Damaged("cut short");
      TarHeader header;
      std::memcpy(&header, rest_.data(), kBlock);
      rest_.remove_prefix(kBlock);
      if (Checksum(header) == kEmptySum) break;  // the end: a block of zeros
      EDGEWISE_TRY(ReadEntry(header));
    }
    return std::move(files_);
  }

 private:
  static constexpr std::uint32_t kEmptySum = 8 * ' ';

  Result<void> ReadEntry(const TarHeader& header) {
    if (Number(Text(header.checksum), 8) != Checksum(header)) return Damaged("header checksum");
    const auto written_size = Number(Text(header.size), 8);
    if (!written_size) return Damaged("size of an entry");
    const bool about_next = header.type == 'x' || header.type == 'g' || header.type == 'L';
    EDGEWISE_ASSIGN(const auto bytes, Take(about_next ? *written_size : next_.size.value_or(*written_size)));
    switch (header.type) {
      case 'x':
        return ReadPax(bytes);
      case 'g':
        return {};  // comments of git archive and the like; a path for every file would make no sense
      case 'L':
        if (bytes.size() > kLongestRecord) return Damaged("name too long");
        next_.path = std::string(bytes.substr(0, bytes.find('\0')));
        return {};
      case '0':
      case '\0':
      case '7':
        return Add(TakePath(header), bytes);
      case '5':
        return AddFolder(TakePath(header));
      default:
        return Fail(Code::kInvalidArgument, "the image holds a link or device; only files and folders below /models may be in it");
    }
  }

  Result<std::string_view> Take(std::uint64_t size) {
    if (size > rest_.size()) return Damaged("cut short");
    const auto bytes = rest_.substr(0, size);
    rest_.remove_prefix(std::min<std::size_t>(rest_.size(), (size + kBlock - 1) / kBlock * kBlock));
    return bytes;
  }

  /// Records "<length> <key>=<value>\n"; the length counts itself.
  Result<void> ReadPax(std::string_view records) {
    if (records.size() > kLongestRecord) return Damaged("pax records too long");
    while (!records.empty()) {
      const auto space = records.find(' ');
      const auto length = space == std::string_view::npos ? std::nullopt : Number(records.substr(0, space), 10);
      if (!length || *length <= space + 1 || *length > records.size()) return Damaged("pax record");
      const auto record = records.substr(space + 1, *length - space - 2);
      records.remove_prefix(*length);
      const auto equals = record.find('=');
      if (equals == std::string_view::npos) return Damaged("pax record");
      const auto key = record.substr(0, equals);
      if (key == "path") next_.path = std::string(record.substr(equals + 1));
      if (key == "size") next_.size = Number(record.substr(equals + 1), 10);
      if (key.starts_with("GNU.sparse")) return Damaged("sparse files are not taken");
    }
    return {};
  }

  std::string TakePath(const TarHeader& header) {
    std::string path(Text(header.name));
    // GNU headers ("ustar  ") keep other things where ustar has the prefix.
    const bool ustar = std::memcmp(header.magic, "ustar", 6) == 0;
    if (ustar && header.prefix[0] != '\0') path = fmt::format("{}/{}", Text(header.prefix), path);
    if (next_.path) path = std::move(*next_.path);
    next_ = {};
    if (path.starts_with("./")) path.erase(0, 2);
    if (path.starts_with('/')) path.erase(0, 1);
    return path;
  }

  Result<void> Add(std::string path, std::string_view bytes) {
    EDGEWISE_TRY(CheckPath(path));
    if (!seen_.insert(path).second) return Damaged("a path is there twice");
    files_.push_back({std::move(path), std::string(bytes)});
    return {};
  }

  static Result<void> AddFolder(std::string path) {
    if (path.ends_with('/')) path.pop_back();
    return path.empty() || path == "." ? Result<void>() : CheckPath(path);
  }

  std::string_view rest_;
  Next next_;
  std::set<std::string> seen_;
  std::vector<File> files_;
};

}  // namespace

Result<std::vector<File>> ReadTar(std::string_view archive) { return Reader(archive).Read(); }

}  // namespace edgewise::package::detail
