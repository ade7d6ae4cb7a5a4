#include "configuration.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "configuration_inputs.h"
#include "configuration_reader.h"

namespace edgewise {
namespace {

std::vector<TableFile> ReadTables(ConfigurationReader& in, const toml::table& document) {
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

/// "queued" for all models, "MODEL=queued" for one.
site::DurabilityByModel ReadDurability(ConfigurationReader& in, const toml::table& table) {
  site::DurabilityByModel by_model;
  if (!table.contains("durability")) return by_model;
  const auto texts = in.Texts(table, "durability");
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    const auto durability = site::ParseDurability(equals == std::string::npos ? text : text.substr(equals + 1));
    if (!durability) in.Wrong(table, "durability", "must hold none, queued or stored-locally, or MODEL=one of them");
    const auto model = equals == std::string::npos ? std::string() : text.substr(0, equals);
    if (!by_model.emplace(model, durability.value_or(site::Durability::kStoredLocally)).second)
      in.Wrong(table, "durability", "says two things of one model");
  }
  return by_model;
}

queue::WhenFull ReadWhenFull(ConfigurationReader& in, const toml::table& table) {
  const auto text = in.TextOr(table, "queue_full", "block");
  if (text == "drop-oldest-of-class") return queue::WhenFull::kDropOldest;
  if (text != "block") in.Wrong(table, "queue_full", "must be \"block\" or \"drop-oldest-of-class\"");
  return queue::WhenFull::kBlock;
}

std::vector<SiteAddress> ReadSites(ConfigurationReader& in, const toml::table& document) {
  std::vector<SiteAddress> sites;
  for (const auto* table : in.Tables(document, "site")) {
    in.Only(*table, "site");
    SiteAddress site{in.Name(*table, "name"), in.Address(*table), in.CountOr(*table, "epoch", 1), {}};
    site.queue_mib = in.WholeOr(*table, "queue_mib", site.queue_mib, 1, 1 << 20);
    site.durability = ReadDurability(in, *table);
    site.when_full = ReadWhenFull(in, *table);
    site.inputs = ReadInputs(in, *table, site.name);
    if (std::ranges::find(sites, site.name, &SiteAddress::name) != sites.end())
      in.Wrong(*table, "name", "names a site that there is already");
    sites.push_back(std::move(site));
  }
  if (sites.empty()) in.Wrong(document.source(), "at least one [[site]] with name and address is needed");
  return sites;
}

/// A signature in it would be shown by whoever shows the file, such as a support bundle.
std::string ReadStore(ConfigurationReader& in, const toml::table& document, const std::filesystem::path& state) {
  if (!document.contains("store")) return state / "store";
  const auto text = in.Text(document, "store");
  if (text.contains('?')) in.Wrong(document, "store", "must not hold a signature; put what stands behind the ? into EDGEWISE_STORE_SAS");
  return text.contains("://") ? text : in.Path(document, "store").string();
}

ImprovePlan ReadImprove(ConfigurationReader& in, const toml::table& table) {
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

Configuration Read(ConfigurationReader& in, const toml::table& document) {
  in.Only(document, "");
  Configuration read;
  read.state = in.Path(document, "state");
  read.store = ReadStore(in, document, read.state);
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
  ConfigurationReader in(file);
  auto read = Read(in, document);
  if (in.error()) return std::unexpected(*in.error());
  return read;
}

}  // namespace edgewise
