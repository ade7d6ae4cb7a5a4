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

site::InputTarget Target(ConfigurationReader& in, const toml::table& table) {
  auto target = site::InputTargetFromText(in.Text(table, "to"));
  if (!target) in.Wrong(table, "to", "is wrong: " + target.error().message);
  return target.value_or(site::InputTarget());
}

site::FolderOptions ReadFolder(ConfigurationReader& in, const toml::table& table, std::set<std::string>& names) {
  in.Only(table, "site.folder");
  site::FolderOptions folder;
  folder.name = NameOnce(in, table, names);
  folder.folder = in.Path(table, "folder");
  folder.to = Target(in, table);
  folder.done = table.contains("done") ? in.Path(table, "done") : folder.folder / "done";
  if (folder.done == folder.folder) in.Wrong(table, "done", "must be another folder: results would be read as rows");
  folder.settle = MillisecondsOr(in, table, "settle_ms", folder.settle, 0, 3'600'000);
  folder.poll = MillisecondsOr(in, table, "poll_ms", folder.poll, 1, 3'600'000);
  folder.largest = BytesOr(in, table, "largest_mib", folder.largest, 1u << 20, 256);
  return folder;
}

site::TopicOptions ReadTopic(ConfigurationReader& in, const toml::table& table, std::set<std::string>& names, const std::string& site) {
  in.Only(table, "site.mqtt");
  site::TopicOptions topic;
  topic.name = NameOnce(in, table, names);
  topic.broker = in.Address(table, "broker");
  topic.topic = in.Text(table, "topic");
  topic.to = Target(in, table);
  topic.result = in.TextOr(table, "result", "");
  topic.client = in.TextOr(table, "client", "edgewise-" + site + "-" + topic.name);
  topic.user = in.TextOr(table, "user", "");
  if (table.contains("password_file")) topic.password_file = in.Path(table, "password_file");
  return topic;
}

}  // namespace

site::InputOptions ReadInputs(ConfigurationReader& in, const toml::table& site, const std::string& site_name) {
  site::InputOptions inputs;
  std::set<std::string> names;
  for (const auto* table : in.Tables(site, "tap")) inputs.taps.push_back(ReadTap(in, *table, names));
  for (const auto* table : in.Tables(site, "folder")) inputs.folders.push_back(ReadFolder(in, *table, names));
  for (const auto* table : in.Tables(site, "mqtt")) inputs.topics.push_back(ReadTopic(in, *table, names, site_name));
  return inputs;
}

}  // namespace edgewise
