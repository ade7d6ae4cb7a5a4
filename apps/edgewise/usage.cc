#include "usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <vector>

#include "address.h"
#include "base/date.h"
#include "base/suggest.h"
#include "wrap.h"

namespace edgewise {
namespace {

const auto kAll = [](const CLI::App*) { return true; };

/// The command that was being read, as far as it was understood.
const CLI::App& Deepest(const CLI::App& program) {
  const auto* app = &program;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

std::string FullName(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : FullName(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> Commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* each : app.get_subcommands(kAll)) names.push_back(each->get_name());
  return names;
}

std::vector<std::string> Flags(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string Near(const std::string& word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return Suggest(word, candidates);
}

/// What of the command line was not understood, in words; "" if it is something else that is wrong.
std::string NotUnderstood(const CLI::App& program) {
  const auto& app = Deepest(program);
  const auto rest = app.remaining();
  if (rest.empty()) return "";
  const auto word = rest.front().substr(0, rest.front().find('='));
  if (word.starts_with('-')) return fmt::format("{} has no option {}", FullName(app), Near(word, Flags(app)));
  if (app.get_subcommands(kAll).empty()) return "";
  return fmt::format("{} has no command {}", FullName(app), Near(word, Commands(app)));
}

class WrappedHelp final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::istringstream lines(CLI::Formatter::make_help(app, std::move(name), mode));
    std::string out, line;
    while (std::getline(lines, line)) {
      const auto indent = std::min(line.find_first_not_of(' '), line.size());
      const bool example = line.substr(indent).starts_with("edgewise ");
      const bool row = indent > 0 && indent < get_column_width();  // a name and what it is
      out += example || line.empty() ? line + "\n" : Wrap(line.substr(indent), indent, row ? get_column_width() : indent);
    }
    return out;
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> HelpIn80Columns() { return std::make_shared<WrappedHelp>(); }

std::string UsageMessage(const CLI::App* program, const CLI::Error& error) {
  const auto trouble = NotUnderstood(*program);
  if (trouble.empty()) return CLI::FailureMessage::simple(program, error);
  return fmt::format("{}\nRun with --help for more information.\n", trouble);
}

void TakeHelpAsCommand(int count, char** arguments) {
  static char flag[] = "--help";
  if (count < 2 || std::string_view(arguments[1]) != "help") return;
  std::rotate(arguments + 1, arguments + 2, arguments + count);
  arguments[count - 1] = flag;
}

CLI::Option* AddAddress(CLI::App& command, const std::string& name, std::string& into, const std::string& about) {
  return command.add_option(name, into, about)->transform(PlainAddress, "");
}

CLI::Option* AddDate(CLI::App& command, const std::string& name, std::string& into, const std::string& about) {
  const auto check = [](const std::string& text) {
    const auto date = ParseDate(text);
    return date ? std::string() : date.error().message;
  };
  return command.add_option(name, into, about)->check(check, "");
}

}  // namespace edgewise
