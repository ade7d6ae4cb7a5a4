#include "score/model_settings.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/toml_reader.h"

namespace edgewise::score {
namespace {

constexpr double kLargestNumber = 9007199254740992.0;  // up to here a double holds every integer

constexpr std::array kOptions = std::to_array<Option>({
    {"", "versions", "text", "", "latest", "latest, all, or a list such as [1, 3]",
     "The versions that are loaded, beside those named below."},
    {"", "shadow", "number", "version", "none", ">= 1", "This version scores the same rows; its answers are only compared and counted."},
    {"", "image", "text", "", "none", "host:port/repository@sha256:...", "The model is fetched from this registry instead of a file."},
    {"", "run", "text", "", "measured", "measured, inline, workers", "Where requests run: on the thread that read them, or on a worker."},
    {"", "join_rows", "number", "rows", "measured", ">= 1",
     "Waiting requests are joined up to so many rows, which must not depend on each other; 1: never."},
    {"", "max_rows", "number", "rows", "the server's", ">= 1", "The most rows of one request."},
    {"", "not_a_number", "text", "", "null", "null, error",
     "What JSON says for NaN and infinity: null, or an error for the whole request."},
    {"labels", "LABEL", "number", "version", "none", ">= 1",
     "A name for a version, such as stable or canary; without weights, stable is what answers."},
    {"weights", "VERSION", "number", "", "none", "> 0 and <= 1000000",
     "Requests that name no version are shared out between versions by weight."},
});

class SettingsReader {
 public:
  explicit SettingsReader(const std::string& file) : reader_(file, kOptions) {}

  Result<ModelSettings> Read(const toml::table& root) {
    reader_.Only(root, "");
    Versions(root);
    if (root.contains("shadow")) settings_.shadow = Whole(root, "shadow");
    if (root.contains("image")) settings_.image = reader_.Text(root, "image");
    if (root.contains("join_rows")) settings_.join_rows = Whole(root, "join_rows");
    if (root.contains("max_rows")) settings_.max_rows = Whole(root, "max_rows");
    settings_.where =
        OneOf(root, "run", std::array{"measured", "inline", "workers"},
              std::array{ModelSettings::Where::kMeasured, ModelSettings::Where::kInputThread, ModelSettings::Where::kWorkers});
    settings_.not_a_number = OneOf(root, "not_a_number", std::array{"null", "error"}, std::array{NotANumber::kNull, NotANumber::kError});
    if (root.contains("labels")) Labels(reader_.Table(root, "labels"));
    if (root.contains("weights")) Weights(reader_.Table(root, "weights"));
    if (reader_.error()) return std::unexpected(*reader_.error());
    return settings_;
  }

 private:
  std::uint64_t Whole(const toml::table& table, std::string_view key) {
    const double number = reader_.NumberOr(table, key, 1, {.least = 1, .most = kLargestNumber});
    if (number != std::floor(number)) reader_.Wrong(table, key, "must be a whole number");
    return static_cast<std::uint64_t>(number);
  }

  /// The value beside the word that the key has; the first if it has none.
  template <class Value, std::size_t kCount>
  Value OneOf(const toml::table& table, std::string_view key, const std::array<const char*, kCount>& words,
              const std::array<Value, kCount>& values) {
    if (!table.contains(key)) return values[0];
    const std::string text = reader_.Text(table, key);
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (text == words[i]) return values[i];
    }
    for (const auto& option : kOptions) {
      if (option.section.empty() && option.key == key) reader_.Wrong(table, key, fmt::format("must be one of: {}", option.range));
    }
    return values[0];
  }

  void Versions(const toml::table& root) {
    const auto* array = root["versions"].as_array();
    if (array == nullptr) {
      settings_.served =
          OneOf(root, "versions", std::array{"latest", "all"}, std::array{ModelSettings::Served::kLatest, ModelSettings::Served::kAll});
      return;
    }
    settings_.served = ModelSettings::Served::kListed;
    for (const auto& node : *array) {
      const auto number = node.value_exact<std::int64_t>();
      if (!number || *number < 1) return reader_.Wrong(node.source(), "\"versions\" must be whole numbers >= 1");
      settings_.listed.push_back(static_cast<std::uint64_t>(*number));
    }
    if (settings_.listed.empty()) reader_.Wrong(root, "versions", "must name a version");
  }

  void Labels(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string_view label = key.str();
      if (label.empty() || VersionNumber(label)) reader_.Wrong(key.source(), "a label must not be a number, or it would be a version");
      settings_.labels[std::string(label)] = Whole(table, label);
    }
  }

  void Weights(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const auto number = VersionNumber(key.str());
      if (!number) return reader_.Wrong(key.source(), fmt::format("\"{}\" must be a version: a whole number >= 1", key.str()));
      settings_.weights[*number] = reader_.NumberOr(table, key.str(), 1, {.above = 0, .most = 1e6});
    }
  }

  TomlReader reader_;
  ModelSettings settings_;
};

}  // namespace

std::span<const Option> ModelOptions() { return kOptions; }

Result<ModelSettings> SettingsFromToml(std::string_view text, const std::string& file) {
  EDGEWISE_ASSIGN(const auto table, TomlReader::Parse(text, file));
  return SettingsReader(file).Read(table);
}

std::optional<std::uint64_t> VersionNumber(std::string_view text) {
  std::uint64_t number = 0;
  if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > static_cast<std::uint64_t>(kLargestNumber)) return std::nullopt;
  return number;
}

}  // namespace edgewise::score
