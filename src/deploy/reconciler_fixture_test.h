#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "deploy/fake_target.h"
#include "deploy/reconciler.h"
#include "deploy/target_conformance.h"

namespace edgewise::deploy::test {

using std::chrono::milliseconds;

/// A registry in a map, with faults.
class FakeRegistry {
 public:
  DesiredModel Push(float weight, std::string name = "delay") {
    train::ModelCard card;
    card.name = name;
    card.version = "v" + std::to_string(static_cast<int>(weight));
    const auto onnx = MadeOnnx(weight);
    const auto digest = Digest::Of(onnx);
    images_[digest] = {{"model.onnx", onnx}, {"model.json", train::ToJson(card)}};
    return {std::move(name), "flights/delay", digest, card.version};
  }
  void FailNext(Error error) { failure_ = std::move(error); }
  int pulls() const { return pulls_; }
  Result<std::vector<package::File>> Pull(const Digest& digest) {
    ++pulls_;
    if (auto failure = std::exchange(failure_, std::nullopt)) return std::unexpected(std::move(*failure));
    const auto found = images_.find(digest);
    if (found == images_.end()) return Fail(Code::kNotFound, "no such image");
    return found->second;
  }

 private:
  std::map<Digest, std::vector<package::File>> images_;
  std::optional<Error> failure_;
  int pulls_ = 0;
};

class ReconcilerTest : public testing::Test {
 protected:
  void Open(milliseconds retry = milliseconds(0)) { Open(fake_, retry); }
  void Open(Target& target, milliseconds retry = milliseconds(0)) {
    reconciler_.reset();
    Reconciler::Options options{.folder = folder_.path() / "deploy", .pull = {}};
    options.pull = [this](const std::string&, const Digest& digest) { return registry_.Pull(digest); };
    options.before_swap = [this](const Digest&, const std::shared_ptr<const train::ModelCard>& card) -> Result<void> {
      warmed_.push_back(card->version);
      if (auto failure = std::exchange(warm_failure_, std::nullopt)) return std::unexpected(std::move(*failure));
      return {};
    };
    options.retry_first = retry;
    options.start_limit = std::chrono::seconds(10);
    options.policy = policy_;
    options.now = [this] { return now_.load(); };
    auto opened = Reconciler::Open(std::move(options), target, SystemFiles());
    ASSERT_TRUE(opened) << opened.error().message;
    reconciler_ = std::move(*opened);
  }
  Result<void> OfferUnder(const Digest& policy, std::uint64_t number, DesiredModel model) {
    return reconciler_->Offer({.number = number, .models = {std::move(model)}, .policy = policy});
  }
  void Offer(std::uint64_t number, std::vector<DesiredModel> models) {
    const auto offered = reconciler_->Offer({.number = number, .models = std::move(models), .policy = {}});
    ASSERT_TRUE(offered) << offered.error().message;
  }
  bool Step() {
    const auto done = reconciler_->Step(Soon());
    EXPECT_TRUE(done) << done.error().message;
    return done.value_or(false);
  }
  void Settle() {
    for (int i = 0; i < 20; ++i) {
      if (!Step()) return;
    }
    FAIL() << "it does not come to rest";
  }
  std::string LiveVersion(const std::string& name = "delay") {
    for (const auto& live : reconciler_->Live()) {
      if (live.model.name == name) return live.model.version;
    }
    return "";
  }
  ModelStatus Status() { return reconciler_->status().models.at(0); }

  std::atomic<std::chrono::steady_clock::time_point> now_ = std::chrono::steady_clock::now();  // as the reconciler sees it: it stands still
  TestFolder folder_;
  FakeRegistry registry_;
  FakeTarget fake_;
  Digest policy_;  // that the site runs when it is opened
  std::vector<std::string> warmed_;
  std::optional<Error> warm_failure_;
  std::unique_ptr<Reconciler> reconciler_;
};

}  // namespace edgewise::deploy::test
