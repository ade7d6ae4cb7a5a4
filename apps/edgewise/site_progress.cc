#include "site_progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/result.h"

namespace edgewise {
namespace {

using nlohmann::json;

/// A member, or null: a site says this, by way of the hub.
json Member(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found == object.end() ? json() : *found;
}

std::string Text(const json& object, const char* key) {
  const auto member = Member(object, key);
  return member.is_string() ? member.get<std::string>() : "";
}

std::uint64_t Number(const json& object, const char* key) {
  const auto member = Member(object, key);
  return member.is_number_unsigned() ? member.get<std::uint64_t>() : 0;
}

/// Reasons with which a site does not try again (deploy/reconciler.cc): another attempt would read the same bytes.
bool IsFinal(const std::string& reason) {
  constexpr std::array kFinal = {Code::kInvalidArgument, Code::kPermissionDenied, Code::kUnimplemented};
  return std::ranges::any_of(kFinal, [&](Code code) { return reason.starts_with(fmt::format("{}:", CodeName(code))); });
}

std::string Serving(const json& models) {
  std::vector<std::string> serving;
  for (const auto& model : models) {
    if (!Text(model, "digest").empty()) serving.push_back(fmt::format("{} {}", Text(model, "name"), Text(model, "version")));
  }
  return serving.empty() ? "nothing" : fmt::format("{}", fmt::join(serving, ", "));
}

}  // namespace

SiteProgress ProgressOf(const json& site, std::uint64_t number) {
  const auto status = Member(site, "status");
  SiteProgress progress{.site = Text(site, "site"), .applied = Number(status, "applied"), .text = "has not taken it over yet"};
  progress.live = progress.applied >= number;
  if (progress.live || Number(status, "desired") > number) return progress;
  const auto refused = Text(status, "refused");
  const auto models = Member(status, "models");
  if (!refused.empty()) {
    progress.given_up = true;
    progress.text = refused;
  } else if (Number(status, "desired") == number) {
    for (const auto& model : models) {
      const auto reason = Text(model, "reason");
      if (Text(model, "state") != "failed" || progress.given_up) continue;
      progress.text = fmt::format("{} failed: {}", Text(model, "name"), reason);
      progress.given_up = IsFinal(reason);
    }
  }
  if (status.is_object()) progress.text += fmt::format("; still serving there: {}", Serving(models));
  return progress;
}

std::string WaitedInVain(std::uint64_t number, const std::vector<SiteProgress>& sites) {
  std::string text = fmt::format("number {} is not live everywhere", number);
  std::uint64_t before = 0;
  for (const auto& site : sites) {
    if (site.live) continue;
    text += fmt::format("\n  {}: {}", site.site, site.text);
    before = std::max(before, site.applied);
  }
  if (before == 0) return text + "\n  nothing was live there before; deploy a version that works";
  return text + fmt::format("\n  the sites go on trying what may still succeed; to undo it: edgewise deploy back --to {}", before);
}

}  // namespace edgewise
