#include <fmt/format.h>
#include <toml++/toml.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "feature/detail/parts.h"

namespace edgewise::feature {
namespace {

using Json = nlohmann::json;

Json ToJsonTree(const toml::node& node);

Json TableToJson(const toml::table& table) {
  Json json = Json::object();
  for (const auto& [key, value] : table) json[std::string(key.str())] = ToJsonTree(value);
  return json;
}

Json ToJsonTree(const toml::node& node) {
  if (const auto* table = node.as_table()) return TableToJson(*table);
  if (const auto* array = node.as_array()) {
    Json json = Json::array();
    for (const auto& item : *array) json.push_back(ToJsonTree(item));
    return json;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  return nullptr;  // dates: no key of ours takes one
}

/// The line of the deepest thing on the path that the document has.
unsigned LineOf(const toml::table& root, const std::vector<std::string>& path) {
  unsigned line = 1;
  const toml::node* node = &root;
  for (const auto& step : path) {
    if (const auto* table = node->as_table()) {
      const auto found = table->find(step);
      if (found == table->end()) break;
      line = found->first.source().begin.line;
      node = &found->second;
    } else if (const auto* array = node->as_array()) {
      std::size_t index = 0;
      std::from_chars(step.data(), step.data() + step.size(), index);
      node = array->get(index);
      if (node == nullptr) break;
      line = node->source().begin.line;
    } else {
      break;
    }
  }
  return line;
}

Result<toml::table> Parse(std::string_view text, std::string_view file_name) {
  try {
    return toml::parse(text, file_name);
  } catch (const toml::parse_error& error) {
    return Fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", file_name, error.source().begin.line, error.description()));
  }
}

}  // namespace

Result<Program> Program::FromToml(std::string_view toml, std::string_view file_name) {
  EDGEWISE_ASSIGN(const toml::table root, Parse(toml, file_name));
  detail::Spec spec;
  if (const auto problem = detail::ReadSpec(TableToJson(root), spec))
    return Fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", file_name, LineOf(root, problem->path), problem->message));
  return Program(std::make_shared<const Parts>(std::move(spec)));
}

}  // namespace edgewise::feature
