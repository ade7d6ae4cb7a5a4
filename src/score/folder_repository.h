#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "score/detail/background.h"
#include "score/detail/load_version.h"
#include "score/detail/route_table.h"
#include "score/model_repository.h"

namespace edgewise::score {

/// A ModelRepository on folders (docs/formats/repository.md).
/// A load builds everything beside what runs, then swaps the route; if one version of a model that runs cannot be loaded, all stays as it
/// was. Loads of different models do not wait for each other; those of one model do.
/// Memory budget: a model is loaded and let go as a whole, with its versions, and the one just loaded stays. A model that never was loaded
/// may be over the budget for the moment between its load and the release of others.
/// Logs each load after the start in one line: model, versions, why it failed; and at the start if no model is served.
class FolderRepository final : public ModelRepository {
 public:
  FolderRepository(Files& files, Options options);
  ~FolderRepository() override;

  /// Takes note of the models of a folder, and loads them unless the options say otherwise. Once, before anything else.
  Result<void> Start(const std::filesystem::path& folder);
  Result<void> StartOne(const std::filesystem::path& folder, std::string name);

  Result<Choice> Find(std::string_view model, std::string_view version, std::string_view sticky) override;
  void Warm(std::string model, std::function<void(Result<void>)> then) override;
  Result<void> Load(std::string_view model) override;
  Result<void> Unload(std::string_view model) override;
  std::vector<Entry> Index() const override;
  std::vector<std::shared_ptr<ModelVersion>> Loaded() const override;
  void Stop() override;
  bool ready() const override { return ready_.load(std::memory_order_acquire) && !stopping_; }

 private:
  /// A model that the repository knows; never forgotten. `loading` is held by who loads or unloads it, `books_` guards the rest.
  struct Known {
    std::string name;
    std::filesystem::path folder;
    std::mutex loading;
    std::shared_ptr<const detail::Route> route;  // shared with the table
    std::vector<Entry> entries;
    std::size_t bytes = 0;  ///< As last loaded.
  };
  /// What came of loading all versions of a model.
  struct Outcome {
    ModelSettings settings;
    std::vector<detail::Route::Version> versions;
    std::vector<Entry> entries;
    std::map<std::uint64_t, std::string> refused;
    std::optional<Error> error;  ///< The first.
    std::size_t bytes = 0;
  };

  Result<void> OpenLibrary();
  void Open(bool found_models);
  void WarnIfNoneIsServed(const std::vector<std::string>& names) const;
  Known& Note(std::string name, const std::filesystem::path& folder);
  Known* FindKnown(std::string_view name);
  Result<Known*> FindOrNote(std::string_view name);
  Result<void> LoadKnown(Known& known);
  Outcome LoadAll(const Known& known) const;
  Result<void> LoadOneVersion(const Known& known, const detail::FoundVersion& found, Outcome& outcome) const;
  Result<void> Take(Known& known, Outcome outcome);
  Result<void> Keep(Known& known, const Outcome& outcome);
  Result<void> WarmKnown(const std::string& model);
  void MakeRoom(const Known& known, std::size_t bytes);
  static void LogLoad(const std::string& model, const std::vector<Entry>& entries, const Result<void>& loaded);
  void SetRoute(Known& known, std::shared_ptr<const detail::Route> route);
  void Publish();
  std::shared_ptr<const detail::Route> NotLoaded(const std::string& name) const;

  Files& files_;
  const Options options_;
  std::shared_ptr<const void> engine_library_;  // shared with the engines; here so that a cold model does not have to open it
  std::optional<std::filesystem::path> root_;
  std::shared_ptr<detail::Background> background_;  // shared with the last holders of versions
  detail::Workshop workshop_;
  detail::RouteTable table_;
  std::atomic<std::uint64_t> uses_{0};
  std::atomic<bool> started_{false};
  std::atomic<bool> ready_{false};  ///< Not if models were found at the start and none could be loaded; one that is loaded later mends it.
  std::atomic<bool> stopping_{false};

  mutable std::mutex books_;  // guards what follows, and the Known
  std::map<std::string, Known, std::less<>> known_;
  std::mutex warming_;  // guards the callbacks of each cold model that is being loaded
  std::map<std::string, std::vector<std::function<void(Result<void>)>>, std::less<>> callbacks_;
};

}  // namespace edgewise::score
