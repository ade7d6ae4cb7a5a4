#include "site_key.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/files.h"

namespace edgewise {
namespace {

constexpr std::size_t kLeast = 16;  // of relay/policy.h

}  // namespace

Result<std::string> SiteKey(const std::filesystem::path& file) {
  auto key = SystemFiles().Read(file);
  if (key && key->size() < kLeast) {
    return Fail(Code::kDataLoss,
                fmt::format("{} has {} bytes, and a site's key 16 or more: put its backup back; a new key makes new pseudonyms",
                            file.string(), key->size()));
  }
  if (key || key.error().code != Code::kNotFound) return key;
  std::string made(32, '\0');
  if (getrandom(made.data(), made.size(), 0) != static_cast<ssize_t>(made.size())) return Fail(Code::kUnavailable, "no random bytes");
  EDGEWISE_TRY(SystemFiles().CreateDurably(file, made));
  chmod(file.c_str(), S_IRUSR | S_IWUSR);
  return made;
}

}  // namespace edgewise
