#include "train/model.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace edgewise::train {
namespace {

using Json = nlohmann::json;  // sorts its keys, so that one card has one text
constexpr std::string_view kSchema = "edgewise.model.v1";

Json Write(const Metrics& metrics) { return {{"rows", metrics.rows}, {"auc", metrics.auc}, {"logloss", metrics.logloss}}; }

Json Write(const Recipe& recipe) {
  return {{"select", recipe.select},
          {"rounds", recipe.rounds},
          {"max_depth", recipe.max_depth},
          {"eta", recipe.eta},
          {"min_child_weight", recipe.min_child_weight},
          {"subsample", recipe.subsample},
          {"colsample", recipe.colsample},
          {"max_bin", recipe.max_bin},
          {"seed", recipe.seed}};
}

Json Write(const FeatureProfile& feature) {
  return {{"name", feature.name}, {"seasonal", feature.seasonal}, {"edges", feature.edges}, {"shares", feature.shares}};
}

Json Write(const TrainingObject& object) { return {{"name", object.name}, {"digest", object.digest.ToString()}, {"rows", object.rows}}; }

/// Reads the members of one JSON object; the first thing wrong is kept, with the path of its key.
class Reader {
 public:
  Reader(const Json& object, std::string path, Result<void>& result) : object_(object), path_(std::move(path)), result_(result) {
    if (!object_.is_object()) Refuse("", "an object");
  }

  template <class T>
  void Read(const char* key, T& value) {
    const auto* member = Member(key);
    if (member == nullptr) return;
    try {
      value = member->get<T>();
    } catch (const Json::exception&) {
      Refuse(key, "of another type");
    }
  }

  template <class Function>
  void ReadObject(const char* key, Function function) {
    const auto* member = Member(key);
    if (member != nullptr) function(Reader(*member, path_ + key + ".", result_));
  }

  template <class Function>
  void ReadEach(const char* key, Function function) {
    const auto* member = Member(key);
    if (member == nullptr) return;
    if (!member->is_array()) return Refuse(key, "an array");
    for (const auto& element : *member) function(Reader(element, path_ + key + "[].", result_));
  }

  bool Has(const char* key) const { return object_.is_object() && object_.contains(key) && !object_.at(key).is_null(); }

  void Refuse(const char* key, std::string_view expected) {
    if (result_) result_ = Fail(Code::kInvalidArgument, fmt::format("model card: key \"{}{}\" must be {}", path_, key, expected));
  }

 private:
  const Json* Member(const char* key) {
    if (Has(key)) return &object_.at(key);
    if (result_) result_ = Fail(Code::kInvalidArgument, fmt::format("model card: key \"{}{}\" is missing", path_, key));
    return nullptr;
  }

  const Json& object_;
  std::string path_;
  Result<void>& result_;
};

void ReadMetrics(Reader reader, Metrics& metrics) {
  reader.Read("rows", metrics.rows);
  reader.Read("auc", metrics.auc);
  reader.Read("logloss", metrics.logloss);
}

void ReadRecipe(Reader reader, Recipe& recipe) {
  reader.Read("select", recipe.select);
  reader.Read("rounds", recipe.rounds);
  reader.Read("max_depth", recipe.max_depth);
  reader.Read("eta", recipe.eta);
  reader.Read("min_child_weight", recipe.min_child_weight);
  reader.Read("subsample", recipe.subsample);
  reader.Read("colsample", recipe.colsample);
  reader.Read("max_bin", recipe.max_bin);
  reader.Read("seed", recipe.seed);
}

void ReadProfile(Reader reader, std::vector<FeatureProfile>& profile) {
  FeatureProfile feature;
  reader.Read("name", feature.name);
  reader.Read("seasonal", feature.seasonal);
  reader.Read("edges", feature.edges);
  reader.Read("shares", feature.shares);
  if (feature.shares.size() != feature.edges.size() + 2) reader.Refuse("shares", "two more than edges");
  profile.push_back(std::move(feature));
}

void ReadTrainingObject(Reader reader, std::vector<TrainingObject>& objects) {
  TrainingObject object;
  std::string digest;
  reader.Read("name", object.name);
  reader.Read("digest", digest);
  reader.Read("rows", object.rows);
  if (const auto parsed = Digest::Parse(digest)) {
    object.digest = *parsed;
  } else {
    reader.Refuse("digest", "sha256:<64 hex digits>");
  }
  objects.push_back(std::move(object));
}

bool IsName(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  return !name.empty() && name.size() <= 64 && name.find_first_not_of(allowed) == std::string_view::npos;
}

void ReadTime(Reader& reader, const char* key, EventTime& time) {
  std::string text;
  reader.Read(key, text);
  if (const auto parsed = ParseTime(text)) {
    time = *parsed;
  } else {
    reader.Refuse(key, "an ISO 8601 time in UTC");
  }
}

Result<Json> Parse(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Fail(Code::kInvalidArgument, "model card: not JSON");
  return json;
}

void ReadSchema(Reader& reader) {
  std::string schema;
  reader.Read("schema", schema);
  if (schema != kSchema) reader.Refuse("schema", fmt::format("\"{}\"; a newer one needs a newer edgewise", kSchema));
}

}  // namespace

std::string ToJson(const ModelCard& card) {
  Json json = {{"schema", kSchema},
               {"name", card.name},
               {"version", card.version},
               {"program", card.program},
               {"recipe", Write(card.recipe)},
               {"trained_until", FormatTime(card.trained_until)},
               {"training", Write(card.training)},
               {"profile", Json::array()},
               {"objects", Json::array()},
               {"notes", card.notes}};
  if (card.holdout) json["holdout"] = Write(*card.holdout);
  for (const auto& feature : card.profile) json["profile"].push_back(Write(feature));
  for (const auto& object : card.objects) json["objects"].push_back(Write(object));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ModelCard> CardFromJson(std::string_view text) {
  EDGEWISE_ASSIGN(const auto json, Parse(text));
  Result<void> result;
  Reader reader(json, "", result);
  ReadSchema(reader);
  ModelCard card;
  reader.Read("name", card.name);
  if (!IsName(card.name)) reader.Refuse("name", "1 to 64 of a-z 0-9 . _ -");
  reader.Read("version", card.version);
  reader.Read("program", card.program);
  reader.ReadObject("recipe", [&](Reader member) { ReadRecipe(std::move(member), card.recipe); });
  ReadTime(reader, "trained_until", card.trained_until);
  reader.ReadObject("training", [&](Reader member) { ReadMetrics(std::move(member), card.training); });
  if (reader.Has("holdout")) reader.ReadObject("holdout", [&](Reader member) { ReadMetrics(std::move(member), card.holdout.emplace()); });
  reader.ReadEach("profile", [&](Reader member) { ReadProfile(std::move(member), card.profile); });
  reader.ReadEach("objects", [&](Reader member) { ReadTrainingObject(std::move(member), card.objects); });
  if (reader.Has("notes")) reader.Read("notes", card.notes);
  if (!result) return std::unexpected(result.error());
  return card;
}

Result<ServedCard> ServedCardFromJson(std::string_view text) {
  EDGEWISE_ASSIGN(const auto json, Parse(text));
  Result<void> result;
  Reader reader(json, "", result);
  ReadSchema(reader);
  ServedCard card;
  if (reader.Has("version")) reader.Read("version", card.version);
  if (reader.Has("program") && json["program"].is_object()) {
    card.program = json["program"].dump(-1, ' ', false, Json::error_handler_t::replace);
  } else if (reader.Has("program")) {
    reader.Read("program", card.program);
  }
  if (!result) return std::unexpected(result.error());
  return card;
}

}  // namespace edgewise::train
