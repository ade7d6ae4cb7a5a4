#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "score/made_version_test.h"
#include "score/model_repository.h"

namespace edgewise::score::test {

/// A repository of versions that a test makes: filled before the server starts, then told what to answer.
/// Threads: Find() any number; the rest one at a time, while nobody calls Find().
class MadeRepository final : public ModelRepository {
 public:
  /// A version must not end on its own worker.
  ~MadeRepository() override {
    threads_.clear();
    for (const auto& version : versions_) version->Finish();
  }
  /// Takes an engine to be served; the model's last one answers for no version.
  MadeVersion& Add(std::unique_ptr<ModelEngine> engine, MadeVersion::Settings settings) {
    const auto version = std::make_shared<MadeVersion>(std::move(engine), std::move(settings));  // shared as the contract says
    versions_.push_back(version);
    return *version;
  }
  /// Its model is cold: Warm() loads it, or fails so.
  void Cool(std::string model, std::optional<Error> failure = std::nullopt) { cold_[std::move(model)] = std::move(failure); }
  /// What Find() says of a model; nothing: it is there.
  void Refuse(std::string model, Error error) { refused_.insert_or_assign(std::move(model), std::move(error)); }

  Result<Choice> Find(std::string_view model, std::string_view version, std::string_view sticky) override {
    const std::lock_guard lock(mutex_);
    last_sticky_ = sticky;
    ++finds_;
    if (const auto refused = refused_.find(std::string(model)); refused != refused_.end()) return std::unexpected(refused->second);
    if (cold_.contains(std::string(model))) return Fail(Code::kAborted, "cold");
    for (auto found = versions_.rbegin(); found != versions_.rend(); ++found) {
      if ((*found)->model() == model && (version.empty() || (*found)->version() == version)) return Choice{*found, nullptr};
    }
    return Fail(Code::kNotFound, "no such model or version; GET /v2/models lists them");
  }
  void Warm(std::string model, std::function<void(Result<void>)> then) override {
    threads_.emplace_back([this, model, then = std::move(then)] {
      std::optional<Error> failure;
      {
        const std::lock_guard lock(mutex_);
        failure = cold_.at(model);
        if (!failure) cold_.erase(model);
      }
      failure ? then(std::unexpected(*failure)) : then({});
    });
  }
  Result<void> Load(std::string_view model) override { return Say("load", model); }
  Result<void> Unload(std::string_view model) override { return Say("unload", model); }
  std::vector<Entry> Index() const override {
    std::vector<Entry> entries;
    for (const auto& version : versions_) entries.push_back({version->model(), version->version(), "READY", ""});
    for (const auto& [model, error] : refused_) entries.push_back({model, "1", "UNAVAILABLE", error.message});
    std::ranges::stable_sort(entries, {}, &Entry::model);
    return entries;
  }
  std::vector<std::shared_ptr<ModelVersion>> Loaded() const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<ModelVersion>> loaded;
    for (const auto& version : versions_) {
      if (!refused_.contains(version->model()) && !cold_.contains(version->model())) loaded.push_back(version);
    }
    std::ranges::stable_sort(loaded, {}, [](const auto& version) { return version->model(); });
    return loaded;
  }
  bool ready() const override { return is_ready; }

  std::atomic<bool> is_ready{true};
  /// "load NAME" or "unload NAME" for each so far.
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::size_t finds() const {
    const std::lock_guard lock(mutex_);
    return finds_;
  }
  std::string last_sticky() const {
    const std::lock_guard lock(mutex_);
    return last_sticky_;
  }

 private:
  Result<void> Say(std::string_view what, std::string_view model) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::string(what) + ' ' + std::string(model));
    const auto known = [&](const auto& version) { return version->model() == model; };
    if (std::ranges::none_of(versions_, known)) return Fail(Code::kNotFound, "no such model");
    return {};
  }

  std::vector<std::shared_ptr<MadeVersion>> versions_;
  std::map<std::string, std::optional<Error>> cold_;
  std::map<std::string, Error> refused_;
  mutable std::mutex mutex_;  // guards what follows, and cold_
  std::string last_sticky_;
  std::size_t finds_ = 0;
  std::vector<std::string> calls_;
  std::vector<std::jthread> threads_;  ///< Last: they use the others.
};

/// Three columns: a number, a category of two words, a number.
inline feature::Program MadeProgram(std::string_view more = "") {
  const auto program = feature::Program::FromToml(std::string(R"(
schema = "edgewise.features.v1"
features = [
  { name = "distance", field = "distance" },
  { name = "carrier", category = "carrier" },
  { name = "wait", field = "wait" },
]
[request]
distance = {}
carrier = "text"
wait = {}
)") + std::string(more),
                                                  "made.toml");
  EXPECT_TRUE(program) << program.error().message;
  return program->WithVocabularies({{"carrier", {"AA", "UA"}}});
}

inline std::unique_ptr<ModelEngine> Sum(std::size_t width, float bias = 0) { return std::make_unique<FakeModelEngine>(width, bias); }
inline std::unique_ptr<ModelEngine> Echo(std::vector<TensorInfo> inputs) { return std::make_unique<FakeModelEngine>(std::move(inputs)); }
inline TensorInfo Info(std::string_view name, std::string_view type, std::vector<std::int64_t> shape = {-1, 2}) {
  return {.name = std::string(name), .type = DataTypeOf(type).value(), .shape = std::move(shape)};
}

}  // namespace edgewise::score::test
