#include "configuration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/files.h"

namespace edgewise {
namespace {

/// Reads keys of one file and keeps the first mistake.
class Reader {
 public:
  Reader(std::filesystem::path file) : file_(std::move(file)) {}

  void Only(const toml::table& table, std::initializer_list<std::string_view> known) {
    for (const auto& [key, node] : table) {
      if (std::ranges::find(known, key.str()) == known.end()) {
        Wrong(node.source(), fmt::format("unknown key \"{}\"; known here: {}", key.str(), fmt::join(known, ", ")));
      }
    }
  }
  std::string Text(const toml::table& table, std::string_view key) {
    const auto text = table[key].value<std::string>();
    if (!text || text->empty()) Wrong(table.source(), fmt::format("\"{}\" must be a text", key));
    return text.value_or("");
  }
  std::filesystem::path Path(const toml::table& table, std::string_view key) { return Beside(Text(table, key)); }
  std::filesystem::path Beside(const std::string& path) const { return (file_.parent_path() / path).lexically_normal(); }
  const toml::table& Table(const toml::table& table, std::string_view key) {
    static const toml::table kNone;
    const auto* found = table[key].as_table();
    if (found == nullptr) Wrong(table.source(), fmt::format("[{}] is missing", key));
    return found == nullptr ? kNone : *found;
  }
  void Wrong(const toml::source_region& where, const std::string& what) {
    if (!error_) error_ = Error{Code::kInvalidArgument, fmt::format("{}:{}: {}", file_.string(), where.begin.line, what)};
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  std::filesystem::path file_;
  std::optional<Error> error_;
};

TableFile ReadTableFile(Reader& in, std::string_view name, const toml::table& table) {
  in.Only(table, {"file", "key", "columns"});
  TableFile read{std::string(name), in.Path(table, "file"), in.Text(table, "key"), {}};
  const auto* columns = table["columns"].as_array();
  if (columns == nullptr) in.Wrong(table.source(), "\"columns\" must be a list of texts");
  for (std::size_t i = 0; columns != nullptr && i < columns->size(); ++i) read.columns.push_back((*columns)[i].value_or(std::string()));
  return read;
}

void ReadSites(Reader& in, const toml::table& document, std::vector<SiteAddress>& sites) {
  const auto* list = document["site"].as_array();
  if (list == nullptr || list->empty()) return in.Wrong(document.source(), "at least one [[site]] with name and address is needed");
  for (const auto& node : *list) {
    const auto* table = node.as_table();
    if (table == nullptr) return in.Wrong(node.source(), "[[site]] must be a table");
    in.Only(*table, {"name", "address"});
    sites.push_back({in.Text(*table, "name"), in.Text(*table, "address")});
  }
}

ImprovePlan ReadImprove(Reader& in, const toml::table& table) {
  in.Only(table, {"model", "history", "first", "last", "samples_after", "extra"});
  ImprovePlan plan{
      .model = in.Text(table, "model"), .history = {}, .first = in.Text(table, "first"), .last = {}, .samples_after = {}, .extras = {}};
  plan.last = table["last"].value_or(std::string());
  plan.samples_after = table["samples_after"].value_or(std::string());
  if (const auto* files = table["history"].as_array()) {
    for (const auto& file : *files) plan.history.push_back(in.Beside(file.value_or(std::string())));
  }
  if (const auto* extras = table["extra"].as_array()) {
    for (const auto& node : *extras) {
      const auto* extra = node.as_table();
      if (extra == nullptr) continue;
      in.Only(*extra, {"on", "name", "select", "head_to_head"});
      plan.extras.push_back(
          {in.Text(*extra, "on"), in.Text(*extra, "name"), in.Text(*extra, "select"), (*extra)["head_to_head"].value_or(false)});
    }
  }
  return plan;
}

}  // namespace

Result<Configuration> ReadConfiguration(const std::filesystem::path& file) {
  EDGEWISE_ASSIGN(const auto text, SystemFiles().Read(file));
  toml::table document;
  try {
    document = toml::parse(text, file.string());
  } catch (const toml::parse_error& error) {  // the library's only way to say it
    return Fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", file.string(), error.source().begin.line, error.description()));
  }
  Reader in(file);
  in.Only(document, {"state", "features", "rules", "policy", "tables", "hub", "registry", "site", "improve", "pages", "replay", "target"});
  Configuration read;
  read.state = in.Path(document, "state");
  read.features = in.Path(document, "features");
  read.rules = in.Path(document, "rules");
  read.policy = in.Path(document, "policy");
  read.hub = in.Text(in.Table(document, "hub"), "address");
  read.registry = in.Text(in.Table(document, "registry"), "address");
  if (const auto* improve = document["improve"].as_table()) read.improve = ReadImprove(in, *improve);
  if (document.contains("pages")) read.pages = in.Path(document, "pages");
  read.replay = document["replay"].value_or(false);
  read.target = document["target"].value_or(std::string("process"));
  if (read.target != "process" && read.target != "inline") in.Wrong(document.source(), "\"target\" must be \"process\" or \"inline\"");
  if (const auto* tables = document["tables"].as_table()) {
    for (const auto& [name, node] : *tables) {
      if (const auto* table = node.as_table()) read.tables.push_back(ReadTableFile(in, name.str(), *table));
    }
  }
  ReadSites(in, document, read.sites);
  if (in.error()) return std::unexpected(*in.error());
  return read;
}

}  // namespace edgewise
