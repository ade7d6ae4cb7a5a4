#include "processes.h"

#include <filesystem>
#include <fstream>
#include <sstream>

namespace edgewise::e2e {
namespace {

std::string Slurp(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The fields of /proc/PID/stat behind the name in brackets, which may hold anything; empty: it is gone, or dead and not buried.
std::vector<std::string> StatOf(pid_t process) {
  const auto text = Slurp("/proc/" + std::to_string(process) + "/stat");
  const auto end = text.rfind(") ");
  if (end == std::string::npos) return {};
  std::istringstream in(text.substr(end + 2));
  std::vector<std::string> fields;
  for (std::string field; in >> field;) fields.push_back(field);
  return fields.size() > 12 && fields[0] != "Z" ? fields : std::vector<std::string>();
}

std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto fields = StatOf(std::stoi(name));
    if (!fields.empty() && std::stoi(fields[1]) == parent) children.push_back(std::stoi(name));
  }
  return children;
}

}  // namespace

std::vector<pid_t> OffspringOf(pid_t parent, const std::string& word) {
  auto found = ChildrenOf(parent);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto more = ChildrenOf(found[i]);
    found.insert(found.end(), more.begin(), more.end());
  }
  if (word.empty()) return found;
  std::erase_if(found, [&](pid_t child) {
    return Slurp("/proc/" + std::to_string(child) + "/cmdline").find('\0' + word + '\0') == std::string::npos;
  });
  return found;
}

long TicksOf(pid_t process) {
  const auto fields = StatOf(process);
  return fields.empty() ? -1 : std::stol(fields[11]) + std::stol(fields[12]);
}

}  // namespace edgewise::e2e
