#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/suggest.h"
#include "feature/detail/spec.h"

namespace edgewise::feature::detail {

using Json = nlohmann::json;

/// One JSON object while it is being read: asks for keys by name and remembers them, so that Finish() finds those nobody asked for.
/// The first problem of the whole document stays in `problem`; after it all answers are fallbacks.
class Form {
 public:
  Form(const Json& node, std::vector<std::string> path, std::optional<Problem>& problem);

  bool Has(std::string_view key) const;
  std::string Text(std::string_view key, std::optional<std::string> fallback = {});
  double Number(std::string_view key, std::optional<double> fallback = {});
  bool Flag(std::string_view key, bool fallback);
  std::vector<std::string> Texts(std::string_view key, bool required);
  /// Milliseconds: a number, or text such as "90s", "60m", "3h", "2d". At most 400 days.
  std::int64_t Duration(std::string_view key, std::optional<std::int64_t> fallback = {});
  /// One of `names`; its place among them.
  std::size_t Choice(std::string_view key, std::span<const std::string_view> names, std::optional<std::size_t> fallback = {});
  /// A key that holds something bigger; an empty object if it is missing.
  const Json& Part(std::string_view key, Json::value_t type, bool required);
  std::vector<std::string> Path(std::string_view key) const;

  void Wrong(std::string_view key, std::string message);  ///< "" names the object itself.
  void Finish();                                          ///< Complains about a key that nobody asked for.
  bool ok() const { return !problem_; }

 private:
  const Json* Find(std::string_view key, bool required);
  void WrongMissing(std::string_view key);

  const Json& node_;
  const std::vector<std::string> path_;
  std::optional<Problem>& problem_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace edgewise::feature::detail
