#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>
#include <sstream>

#include "command_runner_test.h"

namespace edgewise {
namespace {

using nlohmann::json;

class Options : public CommandTest {
 protected:
  static std::size_t Widest(const std::string& text) {
    std::size_t widest = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
    return widest;
  }
  static std::string Document(const std::string& name) { return SystemFiles().Read(std::string(EDGEWISE_DOCS) + "/" + name).value_or(""); }
};

TEST_F(Options, TheTableFitsATerminalAndNamesEveryKey) {
  const auto text = Run({"options"}).out;
  EXPECT_LE(Widest(text), 80U);
  const auto all = json::parse(Run({"options", "--json"}).out);
  ASSERT_GT(all.size(), 40U);
  for (const auto& option : all) {
    EXPECT_NE(text.find(option["name"].get<std::string>()), std::string::npos) << option["name"];
    for (const auto* part : {"file", "type", "about"}) EXPECT_FALSE(option[part].get<std::string>().empty()) << option["name"] << part;
    EXPECT_TRUE(option["about"].get<std::string>().ends_with(".")) << option["name"] << ": one sentence";
    EXPECT_TRUE(option.contains("unit") && option.contains("default") && option.contains("range")) << option["name"];
  }
}

TEST_F(Options, TheDocumentsArePrintedFromTheSameTables) {
  EXPECT_EQ(Run({"options", "--markdown"}).out, Document("options.md")) << "edgewise options --markdown >docs/options.md";
  EXPECT_EQ(Run({"options", "--commands", "--markdown"}).out, Document("commands.md"))
      << "edgewise options --commands --markdown >docs/commands.md";
}

TEST_F(Options, TheExampleUsesOnlyWhatIsDeclared) {
  const auto answer = Run({"doctor", "-c", std::string(EDGEWISE_EXAMPLE) + "/edgewise.toml", "--json"});
  EXPECT_EQ(json::parse(answer.out)[0]["good"], true) << answer.out;
}

/// What a shell offers after a line that ends where the cursor is.
class Completion : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    Write("bash", Run({"completion", "bash"}).out);
    Write("zsh", Run({"completion", "zsh"}).out);
  }
  std::set<std::string> Offered(const std::string& shell, const std::vector<std::string>& words) {
    std::string script = "source " + In(shell) + "\n";
    // As zsh's bashcompinit calls it: with arrays that begin at 0.
    if (shell == "zsh") script += "offer() { emulate -L sh; setopt kshglob noshglob braceexpand nokshautoload; _edgewise; }\n";
    if (shell == "bash") script += "offer() { _edgewise; }\n";
    script += "COMP_WORDS=(edgewise";
    for (const auto& word : words) script += " '" + word + "'";
    script += ")\nCOMP_CWORD=" + std::to_string(words.size()) + "\noffer\nfor word in \"${COMPREPLY[@]}\"; do echo \"$word\"; done\n";
    const auto answer = RunAny(shell == "zsh" ? std::vector<std::string>{"zsh", "-f", "-c", script}
                                              : std::vector<std::string>{"bash", "--norc", "-c", script});
    EXPECT_EQ(answer.error, "") << script;
    std::istringstream lines(answer.out);
    std::set<std::string> offered{std::istream_iterator<std::string>(lines), {}};
    if (shell == "zsh")
      std::erase_if(offered, [&](const std::string& word) { return !word.starts_with(words.back()); });  // zsh does it itself
    return offered;
  }
  void Check(const std::string& shell) {
    using Words = std::set<std::string>;
    EXPECT_EQ(Offered(shell, {"dep"}), (Words{"deploy"}));
    EXPECT_EQ(Offered(shell, {"deploy", "b"}), (Words{"back"}));
    EXPECT_EQ(Offered(shell, {"train", ""}), (Words{"samples", "fit", "--help"}));
    EXPECT_EQ(Offered(shell, {"deploy", "back", "--t"}), (Words{"--to", "--timeout"}));
    EXPECT_EQ(Offered(shell, {"status", "--hub", "somewhere", "--j"}), (Words{"--json"})) << "a value is no command";
    EXPECT_EQ(Offered(shell, {"events", "--kind", ""}), (Words{"disruptions", "readings", "drift"}));
    EXPECT_EQ(Offered(shell, {"completion", "b"}), (Words{"bash"}));
    EXPECT_EQ(Offered(shell, {"up", "-c", ""}), Words{}) << "the shell offers its files where a value is free";
    EXPECT_EQ(Offered(shell, {"nonsense"}), Words{});
  }
};

TEST_F(Completion, BashOffersCommandsOptionsAndChoices) { Check("bash"); }

TEST_F(Completion, ZshOffersTheSame) {
  if (std::system("command -v zsh >/dev/null") != 0) GTEST_SKIP() << "zsh is not installed";
  Check("zsh");
}

TEST_F(Completion, EveryCommandAndOptionIsOffered) {
  for (const auto& command : json::parse(Run({"options", "--commands", "--json"}).out)) {
    std::istringstream text(command["command"].get<std::string>());
    std::vector<std::string> words{std::istream_iterator<std::string>(text), {}};
    words.emplace_back("--");
    const auto offered = Offered("bash", words);
    for (const auto& option : command["options"]) {
      const auto name = option["name"].get<std::string>();
      const auto at = name.find("--");
      if (at == std::string::npos) continue;  // given without a name
      EXPECT_TRUE(offered.contains(name.substr(at))) << command["command"] << " " << name;
    }
  }
}

TEST_F(Completion, AnotherShellIsWrongUsage) { EXPECT_EQ(Run({"completion", "fish"}).code, 2); }

}  // namespace
}  // namespace edgewise
