#include "configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "address.h"
#include "base/date.h"
#include "base/files.h"
#include "base/toml_reader.h"
#include "configuration_options.h"

namespace edgewise {
namespace {

bool IsPlainName(const std::string& text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; });
}

/// Reads what only this file holds.
class Reader : public TomlReader {
 public:
  explicit Reader(const std::filesystem::path& file) : TomlReader(file.string(), ConfigurationOptions()), folder_(file.parent_path()) {}

  std::string TextOr(const toml::table& table, std::string_view key, std::string otherwise) {
    return table.contains(key) ? Text(table, key) : std::move(otherwise);
  }
  bool Flag(const toml::table& table, std::string_view key) {
    const auto flag = table[key].value_exact<bool>();
    if (table.contains(key) && !flag) Wrong(table, key, "must be true or false");
    return flag.value_or(false);
  }
  std::uint64_t CountOr(const toml::table& table, std::string_view key, std::uint64_t otherwise) {
    if (!table.contains(key)) return otherwise;
    const auto count = table[key].value_exact<std::int64_t>();
    if (!count || *count < 1) Wrong(table, key, "must be a whole number from 1 on");
    return static_cast<std::uint64_t>(count.value_or(1));
  }
  /// A text that may be part of a file's name.
  std::string Name(const toml::table& table, std::string_view key) {
    auto name = Text(table, key);
    if (!IsPlainName(name)) Wrong(table, key, "must be 1 to 64 letters, digits, _ and -");
    return name;
  }
  std::string Address(const toml::table& table) { return PlainAddress(Text(table, "address")); }
  std::string Date(const toml::table& table, std::string_view key) {
    auto date = Text(table, key);
    if (const auto read = ParseDate(date); !read)
      Wrong(table, key, fmt::format("must be a date such as \"2013-05-01\": {}", read.error().message));
    return date;
  }
  std::string DateOr(const toml::table& table, std::string_view key) { return table.contains(key) ? Date(table, key) : std::string(); }
  std::string FirstOfMonth(const toml::table& table, std::string_view key) {
    auto date = Date(table, key);
    if (!date.ends_with("-01")) Wrong(table, key, fmt::format("must be the first of a month, not \"{}\"", date));
    return date;
  }
  std::filesystem::path Path(const toml::table& table, std::string_view key) { return Beside(Text(table, key)); }
  std::filesystem::path Beside(const std::string& path) const { return (folder_ / path).lexically_normal(); }
  /// The tables of [[key]]; none if it is left out.
  std::vector<const toml::table*> Tables(const toml::table& table, std::string_view key) {
    std::vector<const toml::table*> tables;
    const auto* array = table[key].as_array();
    if (table.contains(key) && (array == nullptr || !array->is_array_of_tables()))
      Wrong(table, key, fmt::format("must be tables: [[{}]]", key));
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      if (const auto* each = array->get_as<toml::table>(i)) tables.push_back(each);
    }
    return tables;
  }

 private:
  std::filesystem::path folder_;
};

std::vector<TableFile> ReadTables(Reader& in, const toml::table& document) {
  std::vector<TableFile> read;
  if (!document.contains("tables")) return read;
  const auto& tables = in.Table(document, "tables");
  for (const auto& [name, node] : tables) {
    const auto& table = in.Table(tables, name.str());
    in.Only(table, "tables.NAME");
    read.push_back({std::string(name.str()), in.Path(table, "file"), in.Text(table, "key"), in.Texts(table, "columns")});
  }
  return read;
}

std::vector<SiteAddress> ReadSites(Reader& in, const toml::table& document) {
  std::vector<SiteAddress> sites;
  for (const auto* table : in.Tables(document, "site")) {
    in.Only(*table, "site");
    SiteAddress site{in.Name(*table, "name"), in.Address(*table), in.CountOr(*table, "epoch", 1)};
    if (std::ranges::find(sites, site.name, &SiteAddress::name) != sites.end())
      in.Wrong(*table, "name", "names a site that there is already");
    sites.push_back(std::move(site));
  }
  if (sites.empty()) in.Wrong(document.source(), "at least one [[site]] with name and address is needed");
  return sites;
}

ImprovePlan ReadImprove(Reader& in, const toml::table& table) {
  in.Only(table, "improve");
  ImprovePlan plan;
  plan.model = in.Name(table, "model");
  plan.first = in.FirstOfMonth(table, "first");
  if (table.contains("last")) plan.last = in.FirstOfMonth(table, "last");
  plan.samples_after = in.DateOr(table, "samples_after");
  if (table.contains("history")) {
    const auto files = in.Texts(table, "history");
    for (const auto& file : files) plan.history.push_back(in.Beside(file));
  }
  for (const auto* extra : in.Tables(table, "extra")) {
    in.Only(*extra, "improve.extra");
    plan.extras.push_back(
        {in.FirstOfMonth(*extra, "on"), in.Name(*extra, "name"), in.Text(*extra, "select"), in.Flag(*extra, "head_to_head")});
  }
  return plan;
}

Configuration Read(Reader& in, const toml::table& document) {
  in.Only(document, "");
  Configuration read;
  read.state = in.Path(document, "state");
  read.features = in.Path(document, "features");
  read.rules = in.Path(document, "rules");
  read.policy = in.Path(document, "policy");
  if (document.contains("pages")) read.pages = in.Path(document, "pages");
  read.replay = in.Flag(document, "replay");
  read.target = in.TextOr(document, "target", read.target);
  if (read.target != "process" && read.target != "inline") in.Wrong(document, "target", "must be \"process\" or \"inline\"");
  for (const auto* station : {"hub", "registry"}) {
    const auto& table = in.Table(document, station);
    in.Only(table, station);
    (station == std::string_view("hub") ? read.hub : read.registry) = in.Address(table);
  }
  read.tables = ReadTables(in, document);
  read.sites = ReadSites(in, document);
  if (document.contains("improve")) read.improve = ReadImprove(in, in.Table(document, "improve"));
  return read;
}

}  // namespace

Result<Configuration> ReadConfiguration(const std::filesystem::path& file) {
  const auto text = SystemFiles().Read(file);
  if (!text && text.error().code == Code::kNotFound)
    return Fail(Code::kInvalidArgument, fmt::format("configuration {} does not exist", file.string()));
  if (!text) return std::unexpected(text.error());
  EDGEWISE_ASSIGN(const auto document, TomlReader::Parse(*text, file.string()));
  Reader in(file);
  auto read = Read(in, document);
  if (in.error()) return std::unexpected(*in.error());
  return read;
}

}  // namespace edgewise
