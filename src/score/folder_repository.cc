#include "score/folder_repository.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "score/detail/onnx_library.h"

namespace edgewise::score {
namespace {

using detail::Route;
using detail::Shown;

constexpr std::string_view kUnavailable = "UNAVAILABLE";

ModelRepository::Options Sane(ModelRepository::Options options) {
  options.threads = std::max<std::size_t>(options.threads, 1);
  options.workers = std::max<std::size_t>(options.workers, 1);
  return options;
}

}  // namespace

FolderRepository::FolderRepository(Files& files, Options options)
    : files_(files),
      options_(Sane(std::move(options))),
      background_(std::make_shared<detail::Background>()),
      workshop_{
          .options = options_,
          .pool = std::make_shared<detail::WorkerPool>(detail::WorkerPool::Options{.threads = options_.workers,
                                                                                   .first_worker = options_.threads,
                                                                                   .queue_jobs = options_.queue_jobs,
                                                                                   .queue_bytes = options_.queue_bytes}),
          .idle_pool = std::make_shared<detail::WorkerPool>(detail::WorkerPool::Options{.threads = 1,
                                                                                        .first_worker = options_.threads + options_.workers,
                                                                                        .queue_jobs = options_.queue_jobs,
                                                                                        .queue_bytes = options_.queue_bytes / 16,
                                                                                        .idle = true}),
          .watchdog = std::make_shared<detail::Watchdog>(options_.threads + options_.workers + 1),
          .release = [background = background_](auto version) { background->Release(std::move(version)); }} {}

FolderRepository::~FolderRepository() {
  FolderRepository::Stop();
  workshop_.pool->Stop();
  workshop_.idle_pool->Stop();
  background_->Stop();
}

void FolderRepository::Stop() {
  ready_ = false;
  stopping_ = true;
  workshop_.pool->Close();
  workshop_.idle_pool->Close();
  workshop_.watchdog->StopAll();
}

Result<void> FolderRepository::Start(const std::filesystem::path& folder) {
  EDGEWISE_ASSIGN(const auto names, files_.List(folder));
  EDGEWISE_TRY(OpenLibrary());
  root_ = folder;
  bool found_models = false;
  for (const auto& name : names) {
    if (name.starts_with('.') || !files_.List(folder / name)) continue;  // hidden, or no folder
    Known& known = Note(name, folder / name);
    if (!detail::IsModelName(name)) {
      known.entries = {{Shown(name), "", std::string(kUnavailable), "no name for a model: use at most 128 of A-Z a-z 0-9 . _ -"}};
      known.route = std::make_shared<const Route>(Shown(name), Route::State::kUnavailable, known.entries[0].reason);
    } else if (!options_.exclusive && options_.memory_budget == 0) {
      const std::lock_guard lock(known.loading);
      const auto loaded = LoadKnown(known);  // where it fails, the entry says why and the others are served
      found_models = found_models || loaded.has_value() || detail::LookInto(files_, known.folder);
    }
  }
  Open(found_models);
  WarnIfNoneIsServed(names);
  return {};
}

Result<void> FolderRepository::StartOne(const std::filesystem::path& folder, std::string name) {
  if (!detail::IsModelName(name)) {
    return Fail(Code::kInvalidArgument, fmt::format("\"{}\" is no name for a model: use at most 128 of A-Z a-z 0-9 . _ -", Shown(name)));
  }
  EDGEWISE_TRY(OpenLibrary());
  Known& known = Note(std::move(name), folder);
  if (!options_.exclusive) {
    const std::lock_guard lock(known.loading);
    EDGEWISE_TRY(LoadKnown(known));
  }
  Open(!options_.exclusive);
  return {};
}

Result<void> FolderRepository::OpenLibrary() {
  if (options_.open_engine) return {};
  EDGEWISE_ASSIGN(engine_library_, detail::OnnxLibrary::Open());
  return {};
}

void FolderRepository::Open(bool found_models) {
  const std::lock_guard lock(books_);
  const bool served = std::ranges::any_of(known_, [](const auto& entry) { return entry.second.route->state() == Route::State::kLoaded; });
  started_ = true;
  ready_ = served || !found_models;
  Publish();
}

void FolderRepository::WarnIfNoneIsServed(const std::vector<std::string>& names) const {
  const auto index = Index();
  if (options_.exclusive || options_.memory_budget != 0 || detail::CountServed(index) != 0) return;
  if (std::ranges::find(names, detail::kModelFile) != names.end()) {
    log::Warn("no model is served: DIR is itself a model, as it holds {}: use --model-dir DIR --name NAME, or its parent",
              detail::kModelFile);
  } else if (index.empty()) {
    log::Warn("no model is served: DIR needs a folder for each, such as DIR/NAME/1/{}", detail::kModelFile);
  } else {
    log::Warn("no model is served: nothing in DIR could be loaded");
  }
}

FolderRepository::Known& FolderRepository::Note(std::string name, const std::filesystem::path& folder) {
  const std::lock_guard lock(books_);
  Known& known = known_[name];
  if (known.route == nullptr) {
    known.name = name;
    known.folder = folder;
    known.route = NotLoaded(name);
    known.entries = {{name, "", std::string(kUnavailable), known.route->reason()}};
  }
  return known;
}

std::shared_ptr<const Route> FolderRepository::NotLoaded(const std::string& name) const {
  const bool cold = options_.memory_budget != 0 && !options_.exclusive;
  return std::make_shared<const Route>(name, cold ? Route::State::kCold : Route::State::kUnavailable,
                                       cold ? "not loaded: its first request loads it" : "not loaded");
}

FolderRepository::Known* FolderRepository::FindKnown(std::string_view name) {
  const std::lock_guard lock(books_);
  const auto found = known_.find(name);
  return found == known_.end() ? nullptr : &found->second;
}

Result<FolderRepository::Known*> FolderRepository::FindOrNote(std::string_view name) {
  if (auto* known = FindKnown(name); known != nullptr && detail::IsModelName(name)) return known;
  if (!root_ || !detail::IsModelName(name) || !files_.List(*root_ / name)) {
    return Fail(Code::kNotFound, fmt::format("there is no model \"{}\" in the repository", Shown(name)));
  }
  return &Note(std::string(name), *root_ / name);
}

Result<ModelRepository::Choice> FolderRepository::Find(std::string_view model, std::string_view version, std::string_view sticky) {
  return table_.With(model, [&](const Route* route) -> Result<Choice> {
    if (route == nullptr) return Fail(Code::kNotFound, fmt::format("there is no model \"{}\"", Shown(model)));
    switch (route->state()) {
      case Route::State::kLoaded:
        if (options_.memory_budget != 0) route->Touch(uses_.fetch_add(1, std::memory_order_relaxed));
        return route->Choose(version, sticky);
      case Route::State::kCold:
        return Fail(Code::kAborted, fmt::format("model \"{}\" is {}", Shown(model), route->reason()));
      case Route::State::kUnavailable:
        break;
    }
    return Fail(Code::kUnavailable, fmt::format("model \"{}\" is not available: {}", Shown(model), route->reason()));
  });
}

void FolderRepository::Warm(std::string model, std::function<void(Result<void>)> then) {
  {
    const std::lock_guard lock(warming_);
    auto& callbacks = callbacks_[model];
    callbacks.push_back(std::move(then));
    if (callbacks.size() > 1) return;  // a load is on its way
  }
  const auto load = [this, model] {
    const auto loaded = WarmKnown(model);
    std::vector<std::function<void(Result<void>)>> callbacks;
    {
      const std::lock_guard lock(warming_);
      callbacks = std::move(callbacks_.extract(model).mapped());
    }
    for (const auto& callback : callbacks) callback(loaded);
  };
  if (!background_->Post(load)) load();
}

Result<void> FolderRepository::WarmKnown(const std::string& model) {
  if (stopping_) return Fail(Code::kUnavailable, "the server is stopping");
  Known* known = FindKnown(model);
  if (known == nullptr) return Fail(Code::kNotFound, fmt::format("there is no model \"{}\"", Shown(model)));
  const std::lock_guard loading(known->loading);
  std::shared_ptr<const Route> route;
  {
    const std::lock_guard lock(books_);
    route = known->route;
  }
  if (route->state() == Route::State::kLoaded) return {};
  if (route->state() == Route::State::kUnavailable) return Fail(Code::kUnavailable, route->reason());
  return LoadKnown(*known);
}

std::vector<ModelRepository::Entry> FolderRepository::Index() const {
  const std::lock_guard lock(books_);
  std::vector<Entry> entries;
  for (const auto& [name, known] : known_) entries.insert(entries.end(), known.entries.begin(), known.entries.end());
  return entries;
}

std::vector<std::shared_ptr<ModelVersion>> FolderRepository::Loaded() const {
  const std::lock_guard lock(books_);
  std::vector<std::shared_ptr<ModelVersion>> loaded;
  for (const auto& [name, known] : known_) {
    for (const auto& version : known.route->versions()) loaded.push_back(version.version);
  }
  return loaded;
}

}  // namespace edgewise::score
