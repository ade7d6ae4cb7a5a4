#include "deploy/desired_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace edgewise::deploy {
namespace {

using nlohmann::json;

constexpr std::string_view kSchema = "edgewise.desired.v1";
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestRepository = 255;

std::unexpected<Error> Invalid(std::string message) { return Fail(Code::kInvalidArgument, "desired state: " + std::move(message)); }

bool IsNameCharacter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; }

/// Names become parts of paths: never empty, hidden, or above their folder.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name.front() != '.' && std::ranges::all_of(name, IsNameCharacter);
}

bool IsRepository(std::string_view text) {
  if (text.size() > kLongestRepository) return false;
  while (true) {
    const auto slash = text.find('/');
    const auto part = text.substr(0, slash);
    if (part.empty() || part.front() == '.' || !std::ranges::all_of(part, IsNameCharacter)) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

Result<std::string> Text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return Invalid(fmt::format("\"{}\" is missing or no text", key));
  return found->get<std::string>();
}

Result<Digest> ReadDigest(const json& object, const char* key) {
  EDGEWISE_ASSIGN(const auto text, Text(object, key));
  auto digest = Digest::Parse(text);
  if (!digest) return Invalid(fmt::format("\"{}\": {}", key, digest.error().message));
  return *digest;
}

Result<DesiredModel> ReadModel(const json& object) {
  if (!object.is_object()) return Invalid("\"models\" must hold objects");
  DesiredModel model;
  EDGEWISE_ASSIGN(model.name, Text(object, "name"));
  EDGEWISE_ASSIGN(model.repository, Text(object, "repository"));
  EDGEWISE_ASSIGN(model.digest, ReadDigest(object, "digest"));
  if (object.contains("version")) {
    EDGEWISE_ASSIGN(model.version, Text(object, "version"));
  }
  if (!IsName(model.name)) return Invalid("a model's name must be 1 to 64 of a-z 0-9 . _ - and not begin with a dot");
  if (!IsRepository(model.repository)) return Invalid(fmt::format("model \"{}\": the repository's name is not valid", model.name));
  return model;
}

Result<void> CheckHead(const json& document) {
  if (!document.is_object()) return Invalid("not a JSON object");
  EDGEWISE_ASSIGN(const auto schema, Text(document, "schema"));
  if (schema != kSchema) return Invalid(fmt::format("schema is not \"{}\"; a newer site may be needed", kSchema));
  const auto number = document.find("number");
  if (number == document.end() || !number->is_number_unsigned() || number->get<std::uint64_t>() == 0) {
    return Invalid("\"number\" must be a whole number from 1");
  }
  const auto signature = document.find("signature");
  if (signature != document.end() && !signature->is_null() && !signature->is_string()) {
    return Invalid("\"signature\" must be null or text");
  }
  return {};
}

}  // namespace

DesiredState WithModel(DesiredState state, DesiredModel model) {
  const auto present = std::ranges::find(state.models, model.name, &DesiredModel::name);
  if (present == state.models.end()) {
    state.models.push_back(std::move(model));
  } else {
    *present = std::move(model);
  }
  return state;
}

std::string ToJson(const DesiredState& state) {
  json document = {{"schema", kSchema}, {"number", state.number}, {"models", json::array()}, {"policy", nullptr}, {"signature", nullptr}};
  for (const auto& model : state.models) {
    document["models"].push_back(
        {{"name", model.name}, {"repository", model.repository}, {"digest", model.digest.ToString()}, {"version", model.version}});
  }
  if (!state.policy.IsZero()) document["policy"] = state.policy.ToString();
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<DesiredState> DesiredFromJson(std::string_view text) {
  const auto document = json::parse(text, nullptr, false);
  EDGEWISE_TRY(CheckHead(document));
  DesiredState state;
  state.number = document.at("number").get<std::uint64_t>();
  const auto models = document.find("models");
  if (models == document.end() || !models->is_array()) return Invalid("\"models\" is missing or no list");
  std::set<std::string> names;
  for (const auto& entry : *models) {
    EDGEWISE_ASSIGN(auto model, ReadModel(entry));
    if (!names.insert(model.name).second) return Invalid(fmt::format("model \"{}\" is named twice", model.name));
    state.models.push_back(std::move(model));
  }
  if (document.contains("policy") && !document.at("policy").is_null()) {
    EDGEWISE_ASSIGN(state.policy, ReadDigest(document, "policy"));
  }
  return state;
}

}  // namespace edgewise::deploy
