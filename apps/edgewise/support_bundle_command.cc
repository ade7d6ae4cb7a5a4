// support-bundle: what somebody who helps needs to know, without any event.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <regex>

#include "base/clock.h"
#include "base/files.h"
#include "commands.h"
#include "configuration.h"
#include "doctor.h"
#include "net/http.h"
#include "output_file.h"
#include "queue/depth_json.h"
#include "queue_access.h"

namespace edgewise {
namespace {

using nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 5000;

struct Choice {
  std::string configuration, out = "edgewise-support.json";
  bool json = false;
};

ordered_json Machine() {
  utsname name{};
  uname(&name);
  return {{"edgewise", EDGEWISE_VERSION},
          {"time", FormatTime(WallClock().Now())},
          {"system", name.sysname},
          {"release", name.release},
          {"machine", name.machine}};
}

/// Names and sizes, no contents. Names below a site's folder are ours.
ordered_json FilesBelow(const fs::path& folder) {
  auto files = ordered_json::array();
  std::error_code error;
  for (auto each = fs::recursive_directory_iterator(folder, error);
       !error && each != fs::recursive_directory_iterator() && files.size() < kMostFiles; each.increment(error)) {
    std::error_code ignored;  // it may have gone meanwhile
    if (each->is_regular_file(ignored))
      files.push_back({{"name", fs::relative(each->path(), folder, ignored).string()}, {"bytes", each->file_size(ignored)}});
  }
  return files;
}

ordered_json DepthsIn(const fs::path& folder) {
  const auto queue = QueueAccess::Open(folder);
  const auto depths = queue ? (*queue)->Depths() : std::unexpected(queue.error());
  if (!depths) return {{"error", depths.error().message}};
  ordered_json lanes;
  for (const auto& depth : *depths) {
    lanes[std::string(event::LaneName(depth.lane))] = queue::ToJson(depth);
  }
  return lanes;
}

/// What a station that runs answers to everybody.
ordered_json Fetch(const std::string& address, const char* path) {
  net::HttpClient client(net::Address{address});
  const auto answer = client.Send({.method = "GET", .target = path, .headers = {}, .body = {}}, Deadline::After(std::chrono::seconds(5)));
  if (!answer) return {{"error", answer.error().message}};
  return answer->body;
}

/// A configuration with a signature in a URL is refused, and yet it may be the one that somebody asks about.
std::string WithoutSignatures(const std::string& text) {
  static const std::regex query(R"((://[^\s"'?]*\?)[^\s"']*)");
  return std::regex_replace(text, query, "$1...");
}

void AddStations(const Configuration& configuration, ordered_json& bundle) {
  auto& sites = bundle["sites"] = ordered_json::object();
  for (const auto& site : configuration.sites) {
    const auto folder = configuration.state / "sites" / site.name;
    sites[site.name] = {{"queue", DepthsIn(folder)},
                        {"status", Fetch(site.address, "/status")},
                        {"metrics", Fetch(site.address, "/metrics")},
                        {"files", FilesBelow(folder)}};
  }
  bundle["hub"] = Fetch(configuration.hub, "/api/overview");
}

/// A configuration that is wrong may be why somebody asks for help: then its error, in doctor's findings, is what is known.
Result<void> Collect(const Choice& choice) {
  EDGEWISE_ASSIGN(const auto text, SystemFiles().Read(choice.configuration));
  ordered_json bundle = {{"schema", "edgewise.support.v1"}, {"machine", Machine()}, {"configuration", WithoutSignatures(text)}};
  bundle["doctor"] = FindingsOf(choice.configuration);
  const auto configuration = ReadConfiguration(choice.configuration);
  if (configuration) AddStations(*configuration, bundle);
  const auto sites = configuration ? configuration->sites.size() : 0;
  OutputFile out(choice.out);
  EDGEWISE_TRY(out.Write(bundle.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n"));
  EDGEWISE_TRY(out.Finish());
  if (choice.json) {
    fmt::print("{}\n", ordered_json{{"file", choice.out}, {"sites", sites}}.dump());
    return {};
  }
  if (!configuration) fmt::print(stderr, "{}; the file says so, and holds no site\n", configuration.error().message);
  fmt::print("{}: configuration, findings, counts, sizes and metrics of {} sites; no event is in it\n", choice.out, sites);
  return {};
}

}  // namespace

void AddSupportBundleCommand(CLI::App& program, int& exit_code) {
  auto* bundle = program.add_subcommand("support-bundle", "what somebody who helps needs to know, without any event, in one file");
  bundle->footer(
      "The file holds the configuration as it is written: look at it before you send it.\n"
      "Example:\n  edgewise support-bundle -c examples/flights/edgewise.toml -o support.json");
  const auto choice = std::make_shared<Choice>();  // lives as long as the command
  bundle->add_option("-c,--config", choice->configuration, "what runs here")->required()->check(CLI::ExistingFile);
  bundle->add_option("-o,--output", choice->out, "file to write")->capture_default_str();
  bundle->add_flag("--json", choice->json, "print JSON");
  bundle->callback([choice, &exit_code] {
    if (const auto done = Collect(*choice); !done) exit_code = ExitCode(done.error());
  });
}

}  // namespace edgewise
