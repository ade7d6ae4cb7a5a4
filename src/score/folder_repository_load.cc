#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/log.h"
#include "score/folder_repository.h"

namespace edgewise::score {
namespace {

using detail::Route;

constexpr std::string_view kReady = "READY";
constexpr std::string_view kLoading = "LOADING";
constexpr std::string_view kUnavailable = "UNAVAILABLE";

bool IsLoaded(const std::shared_ptr<const Route>& route) { return route->state() == Route::State::kLoaded; }

/// Such a failure stays until somebody mends the folder and loads again; others may be over with the next request.
bool IsLasting(Code code) {
  return code == Code::kInvalidArgument || code == Code::kNotFound || code == Code::kUnimplemented || code == Code::kFailedPrecondition;
}

}  // namespace

Result<void> FolderRepository::Load(std::string_view model) {
  EDGEWISE_ASSIGN(Known* const known, FindOrNote(model));
  const std::lock_guard loading(known->loading);
  if (stopping_) return Fail(Code::kUnavailable, "the server is stopping");
  return LoadKnown(*known);
}

Result<void> FolderRepository::Unload(std::string_view model) {
  Known* const known = FindKnown(model);
  if (known == nullptr) return Fail(Code::kNotFound, fmt::format("there is no model \"{}\"", detail::Shown(model)));
  const std::lock_guard loading(known->loading);
  const std::lock_guard lock(books_);
  for (auto& entry : known->entries) entry = {known->name, entry.version, std::string(kUnavailable), "unloaded"};
  SetRoute(*known, std::make_shared<const Route>(known->name, Route::State::kUnavailable, "unloaded"));
  return {};
}

/// Needs known.loading.
Result<void> FolderRepository::LoadKnown(Known& known) {
  {
    const std::lock_guard lock(books_);
    for (auto& entry : known.entries) {
      if (entry.state == kUnavailable) entry.state = kLoading;
    }
    MakeRoom(known, known.bytes);
  }
  auto outcome = LoadAll(known);
  auto entries = outcome.entries;
  auto loaded = [&]() -> Result<void> {
    const std::lock_guard lock(books_);
    if (outcome.error && IsLoaded(known.route)) return Keep(known, outcome);
    return Take(known, std::move(outcome));
  }();
  if (started_) LogLoad(known.name, entries, loaded);
  return loaded;
}

void FolderRepository::LogLoad(const std::string& model, const std::vector<Entry>& entries, const Result<void>& loaded) {
  std::vector<std::string> versions;
  for (const auto& entry : entries) {
    if ((entry.state == kReady) == loaded.has_value()) versions.push_back(entry.version);
  }
  const auto named = fmt::format("{}", fmt::join(versions, ", "));
  if (loaded) {
    log::Info("model \"{}\" is loaded: version {}", model, named);
  } else if (named.empty()) {
    log::Warn("load failed: {}", loaded.error().message);
  } else {
    log::Warn("load of version {} failed: {}", named, loaded.error().message);
  }
}

FolderRepository::Outcome FolderRepository::LoadAll(const Known& known) const {
  Outcome outcome;
  std::vector<detail::FoundVersion> served;
  const auto prepared = [&]() -> Result<void> {
    EDGEWISE_ASSIGN(const auto folder, detail::LookInto(files_, known.folder));
    EDGEWISE_ASSIGN(outcome.settings, detail::ReadSettings(files_, known.folder));
    EDGEWISE_ASSIGN(served, detail::ServedVersions(folder, outcome.settings));
    return {};
  }();
  if (!prepared) outcome.error = prepared.error();
  const auto shadow = std::ranges::find_if(served, [&](const auto& found) { return found.number == outcome.settings.shadow; });
  if (shadow != served.end()) std::rotate(shadow, shadow + 1, served.end());  // loaded last
  for (const auto& found : served) {
    auto loaded = LoadOneVersion(known, found, outcome);
    if (loaded) continue;
    outcome.refused[found.number] = loaded.error().message;
    outcome.entries.push_back({known.name, std::to_string(found.number), std::string(kUnavailable), loaded.error().message});
    if (!outcome.error) outcome.error = std::move(loaded.error());
  }
  std::ranges::sort(outcome.versions, {}, &Route::Version::number);
  std::ranges::sort(outcome.entries, {}, [](const Entry& entry) { return VersionNumber(entry.version); });
  return outcome;
}

Result<void> FolderRepository::LoadOneVersion(const Known& known, const detail::FoundVersion& found, Outcome& outcome) const {
  EDGEWISE_ASSIGN(auto model, detail::ReadModel(files_, found.folder, outcome.settings.image, options_));
  EDGEWISE_ASSIGN(auto ready, detail::LoadVersion(workshop_, known.name, found.number, std::move(model), outcome.settings));
  Route::Version version{found.number, ready.version};
  EDGEWISE_TRY(detail::FitsBeside(version, outcome.versions, outcome.settings));
  if (found.number == outcome.settings.shadow && outcome.versions.empty() && !outcome.refused.empty()) {
    return Fail(Code::kInvalidArgument, "it is the shadow, and no version that would answer could be loaded");
  }
  outcome.bytes += ready.version->bytes();
  outcome.entries.push_back({known.name, std::to_string(found.number), std::string(kReady), std::move(ready.remark)});
  outcome.versions.push_back(std::move(version));
  return {};
}

/// Needs books_.
Result<void> FolderRepository::Keep(Known& known, const Outcome& outcome) {
  std::erase_if(known.entries, [](const Entry& entry) { return entry.state != kReady; });
  for (auto& entry : known.entries) entry.reason = fmt::format("kept, as the last load failed: {}", outcome.error->message);
  for (const auto& entry : outcome.entries) {
    const bool runs = std::ranges::any_of(known.entries, [&](const Entry& kept) { return kept.version == entry.version; });
    if (!runs && entry.state == kUnavailable) known.entries.push_back(entry);
  }
  return Fail(outcome.error->code, fmt::format("model \"{}\": {}; what ran before runs on", known.name, outcome.error->message));
}

/// Needs books_.
Result<void> FolderRepository::Take(Known& known, Outcome outcome) {
  if (options_.memory_budget != 0 && outcome.bytes > options_.memory_budget) {
    outcome.error = Error{Code::kFailedPrecondition,
                          fmt::format("needs {} bytes, and the memory budget for all models is {}: start the scorer with a larger one",
                                      outcome.bytes, options_.memory_budget)};
    outcome.versions.clear();
    outcome.entries.clear();
  }
  known.entries = std::move(outcome.entries);
  if (outcome.versions.empty()) {
    const Error error = outcome.error.value_or(Error{Code::kNotFound, "no version"});
    if (known.entries.empty()) known.entries = {{known.name, "", std::string(kUnavailable), error.message}};
    const bool cold = options_.memory_budget != 0 && !options_.exclusive && !IsLasting(error.code);
    SetRoute(known, std::make_shared<const Route>(known.name, cold ? Route::State::kCold : Route::State::kUnavailable, error.message));
    return Fail(error.code, fmt::format("model \"{}\": {}", known.name, error.message));
  }
  auto route = std::make_shared<const Route>(known.name, std::move(outcome.versions), outcome.settings, std::move(outcome.refused));
  known.bytes = outcome.bytes;
  MakeRoom(known, known.bytes);
  SetRoute(known, std::move(route));
  if (!outcome.error) return {};
  return Fail(outcome.error->code, fmt::format("model \"{}\": {}; its other versions are loaded", known.name, outcome.error->message));
}

/// Lets the models go that nobody asked for the longest, until `bytes` more fit into the budget. Needs books_.
void FolderRepository::MakeRoom(const Known& known, std::size_t bytes) {
  if (options_.memory_budget == 0) return;
  while (true) {
    std::size_t held = bytes;
    Known* oldest = nullptr;
    for (auto& [name, other] : known_) {
      if (&other == &known || !IsLoaded(other.route)) continue;
      held += other.bytes;
      if (oldest == nullptr || other.route->touched() < oldest->route->touched()) oldest = &other;
    }
    if (held <= options_.memory_budget || oldest == nullptr) return;
    auto route = NotLoaded(oldest->name);
    for (auto& entry : oldest->entries) entry = {oldest->name, entry.version, std::string(kUnavailable), route->reason()};
    SetRoute(*oldest, std::move(route));
  }
}

/// Needs books_.
void FolderRepository::SetRoute(Known& known, std::shared_ptr<const Route> route) {
  route->Touch(uses_.fetch_add(1, std::memory_order_relaxed));
  known.route = std::move(route);
  if (!started_) return;
  if (IsLoaded(known.route)) ready_ = true;
  Publish();
}

/// Needs books_.
void FolderRepository::Publish() {
  auto routes = std::make_shared<detail::RouteTable::Routes>();
  for (const auto& [name, known] : known_) routes->emplace(name, known.route);
  table_.Publish(std::move(routes));
}

}  // namespace edgewise::score
