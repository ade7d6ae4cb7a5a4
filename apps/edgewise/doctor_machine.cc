// What doctor finds at the machine: folders, disk, addresses, keys.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "configuration_check.h"
#include "doctor.h"
#include "net/http.h"
#include "state_lock.h"

namespace edgewise {
namespace {

namespace fs = std::filesystem;

Result<void> AddressFree(const std::string& address) {
  EDGEWISE_ASSIGN(
      const auto server,
      net::HttpServer::Start({{address}}, [](const auto&, const auto& respond) { respond(net::HttpResponse::Text(200, "")); }, {}));
  server->Stop();
  return {};
}

Result<void> Answers(const std::string& address, const char* path) {
  net::HttpClient client(net::Address{address});
  EDGEWISE_TRY(client.Send({.method = "GET", .target = path, .headers = {}, .body = {}}, Deadline::After(std::chrono::seconds(5))));
  return {};
}

fs::path Existing(fs::path folder) {
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

Result<void> RoomLeft(const fs::path& folder) {
  std::error_code error;
  const auto space = fs::space(Existing(folder), error);
  if (error || space.available >= (1ULL << 30U)) return {};
  return Fail(Code::kResourceExhausted, fmt::format("{} MB are free; a site wants 1,024", space.available >> 20U));
}

/// Whoever reads a site's key can tell who is behind its pseudonyms.
Result<void> ForItsOwnerAlone(const fs::path& file) {
  struct stat about{};
  if (stat(file.c_str(), &about) != 0 || (about.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  return Fail(Code::kFailedPrecondition, fmt::format("{} can be read by others", file.string()));
}

Finding ExamineAddress(const std::string& who, const std::string& address, bool held) {
  const auto free = AddressFree(address);
  const bool wrong = !free && free.error().code == Code::kInvalidArgument;
  return Check("address of " + who, free, address,
               wrong  ? "write host:port with an address of this machine, such as 127.0.0.1:8080"
               : held ? "stop the process that uses the state folder first"
                      : "see what listens there with: ss -ltnp; or name another port in the configuration");
}

Finding ExamineRunning(const std::string& who, const std::string& address) {
  if (address.ends_with(":0")) return {"address of " + who, true, "a free one, which edgewise up has printed", ""};
  return Check("address of " + who, Answers(address, "/livez"), address + " answers",
               "edgewise up runs and does not answer here: is it of this configuration? restart it");
}

}  // namespace

Result<void> Writable(const fs::path& folder) {
  const auto existing = Existing(folder);
  std::error_code ignored;
  if (!fs::is_directory(existing, ignored)) return Fail(Code::kFailedPrecondition, existing.string() + " is no folder");
  if (access(existing.c_str(), W_OK | X_OK) != 0) return Fail(Code::kFailedPrecondition, existing.string() + " may not be written");
  return {};
}

bool Runs(const Configuration& configuration) {
  if (StateLock::Check(configuration.state)) return false;
  return std::ranges::any_of(configuration.sites, [&](const SiteAddress& site) {
    return Answers("unix:" + (configuration.state / "sites" / site.name / "site.sock").string(), "/queue/depths").has_value();
  });
}

std::vector<Finding> ExamineMachine(const Configuration& configuration) {
  const auto& state = configuration.state;
  std::vector<Finding> found;
  found.push_back(
      Check("state folder", Writable(state), state.string(), "name a folder that you may write to: \"state\" in the configuration"));
  const auto held = StateLock::Check(state);
  const bool runs = !held && Runs(configuration);
  found.push_back(
      runs ? Finding{"state folder is free", true, "the edgewise up that runs here has it", ""}
           : Check("state folder is free", held, "nobody uses it", "stop the other process, or give this one a state folder of its own"));
  found.push_back(Check("disk", RoomLeft(state), "enough room", "free space, or name a state folder on another disk"));
  found.push_back(Check("addresses", CheckAddresses(configuration), "each its own", "give one of the two another port"));
  const auto examine = [&](const std::string& who, const std::string& address) {
    found.push_back(runs ? ExamineRunning(who, address) : ExamineAddress(who, address, !held));
  };
  examine("the hub", configuration.hub);
  examine("the registry", configuration.registry);
  for (const auto& site : configuration.sites) {
    examine(site.name, site.address);
    const auto key = state / "sites" / site.name / "pseudonyms.key";
    found.push_back(Check("key of " + site.name, ForItsOwnerAlone(key), "its owner's alone", "chmod 600 " + key.string()));
  }
  return found;
}

}  // namespace edgewise
