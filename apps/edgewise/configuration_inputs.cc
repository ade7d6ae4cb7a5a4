#include "configuration_inputs.h"

#include <chrono>
#include <set>

namespace edgewise {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;

/// Names are labels of metrics and parts of files' names: each once among the inputs of a site.
std::string NameOnce(ConfigurationReader& in, const toml::table& table, std::set<std::string>& taken) {
  auto name = in.Name(table, "name");
  if (!name.empty() && !taken.insert(name).second) in.Wrong(table, "name", "names an input of this site that there is already");
  return name;
}

milliseconds MillisecondsOr(ConfigurationReader& in, const toml::table& table, std::string_view key, milliseconds otherwise,
                            std::int64_t least, std::int64_t most) {
  return milliseconds(in.WholeOr(table, key, static_cast<std::uint64_t>(otherwise.count()), least, most));
}

std::size_t BytesOr(ConfigurationReader& in, const toml::table& table, std::string_view key, std::size_t otherwise, std::size_t unit,
                    std::int64_t most) {
  return in.WholeOr(table, key, otherwise / unit, 1, most) * unit;
}

site::TapOptions ReadTap(ConfigurationReader& in, const toml::table& table, std::set<std::string>& names) {
  in.Only(table, "site.tap");
  site::TapOptions tap;
  tap.name = NameOnce(in, table, names);
  tap.listen = in.Address(table, "listen");
  tap.upstream = in.Address(table, "upstream");
  tap.model = in.Text(table, "model");
  const auto fields = in.Texts(table, "fields");
  for (const auto& text : fields) {
    auto field = site::TapFieldFromText(text);
    if (!field) in.Wrong(table, "fields", "has a wrong one: " + field.error().message);
    if (field) tap.fields.push_back(*std::move(field));
  }
  if (fields.empty()) in.Wrong(table, "fields", "must name at least one field");
  tap.method = in.TextOr(table, "method", tap.method);
  tap.path = in.TextOr(table, "path", tap.path);
  if (!tap.path.starts_with('/')) in.Wrong(table, "path", "must begin with /");
  tap.wait = MillisecondsOr(in, table, "wait_ms", tap.wait, 0, 10'000);
  tap.idle = seconds(in.WholeOr(table, "idle_seconds", 600, 1, 86'400));
  tap.most_connections = in.WholeOr(table, "connections", tap.most_connections, 1, 10'000);
  tap.most_body = BytesOr(in, table, "body_kib", tap.most_body, 1u << 10, 1024);
  return tap;
}

}  // namespace

site::InputOptions ReadInputs(ConfigurationReader& in, const toml::table& site, const std::string&) {
  site::InputOptions inputs;
  std::set<std::string> names;
  for (const auto* table : in.Tables(site, "tap")) inputs.taps.push_back(ReadTap(in, *table, names));
  return inputs;
}

}  // namespace edgewise
