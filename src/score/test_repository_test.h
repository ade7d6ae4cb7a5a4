#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "score/detail/side_thread.h"
#include "score/model_repository.h"
#include "score/test_version_test.h"

namespace edgewise::score {

class TestRepository final : public ModelRepository {
 public:
  std::shared_ptr<TestVersion> Add(const std::string& model, std::shared_ptr<FakeModelEngine> engine) {
    return models_[model] = std::make_shared<TestVersion>(model, std::move(engine));
  }
  Result<Choice> Find(std::string_view model, std::string_view version, std::string_view sticky) override {
    const std::lock_guard lock(mutex_);
    last_sticky_ = sticky;
    ++finds_;
    const std::string name(model);
    if (cold_.contains(name)) return Fail(Code::kAborted, "cold");
    if (unloaded_.contains(name)) return Fail(Code::kUnavailable, "model \"" + name + "\" is not loaded");
    const auto found = models_.find(name);
    if (found == models_.end()) return Fail(Code::kNotFound, "no model \"" + name + "\"");
    if (!version.empty() && version != "1") return Fail(Code::kNotFound, "model \"" + name + "\" has no version " + std::string(version));
    return Choice{found->second, nullptr};
  }
  void Warm(std::string model, std::function<void(Result<void>)> then) override {
    ++warming;
    side_.Do([this, model, then] {
      may_warm.wait(false);
      {
        const std::lock_guard lock(mutex_);
        cold_.erase(model);
      }
      then({});
    });
  }
  Result<void> Load(std::string_view model) override { return Change(model, false); }
  Result<void> Unload(std::string_view model) override { return Change(model, true); }
  std::vector<Entry> Index() const override {
    const std::lock_guard lock(mutex_);
    std::vector<Entry> entries;
    for (const auto& [name, version] : models_) {
      const bool away = unloaded_.contains(name);
      entries.push_back({name, "1", away ? "UNAVAILABLE" : "READY", away ? "unloaded" : ""});
    }
    return entries;
  }
  std::vector<std::shared_ptr<ModelVersion>> Loaded() const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<ModelVersion>> loaded;
    for (const auto& [name, version] : models_) {
      if (!cold_.contains(name) && !unloaded_.contains(name)) loaded.push_back(version);
    }
    return loaded;
  }
  bool ready() const override { return is_ready; }

  void SetCold(const std::string& model) {
    const std::lock_guard lock(mutex_);
    cold_.insert(model);
  }
  int finds() const {  ///< Calls of Find().
    const std::lock_guard lock(mutex_);
    return finds_;
  }
  std::string last_sticky() const {
    const std::lock_guard lock(mutex_);
    return last_sticky_;
  }
  std::atomic<bool> is_ready{true};
  std::atomic<bool> may_warm{true};  ///< Else cold models are not loaded yet: set it, then notify_all().
  std::atomic<int> warming{0};       ///< Calls of Warm().

 private:
  Result<void> Change(std::string_view model, bool away) {
    const std::lock_guard lock(mutex_);
    const std::string name(model);
    if (!models_.contains(name)) return Fail(Code::kNotFound, "no model \"" + name + "\"");
    away ? (void)unloaded_.insert(name) : (void)unloaded_.erase(name);
    return {};
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<TestVersion>> models_;
  std::set<std::string> cold_, unloaded_;
  std::string last_sticky_;
  int finds_ = 0;
  detail::SideThread side_;
};

}  // namespace edgewise::score
