#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/lineage_id.h"
#include "deploy/fake_target.h"
#include "site/made_example_test.h"
#include "site/site.h"
#include "store/fake_store.h"
#include "train/model.h"

namespace edgewise::site::test {

using std::chrono::seconds;

/// A site with a store and a scorer that are fakes, spoken to over HTTP like an application would.
class SiteTest : public testing::Test {
 protected:
  void SetUp() override {
    Push("1", kFeatures);
    Desire({.number = 1, .models = {{"late", "models/late", Digest::Of("1"), "1"}}, .policy = {}});
    Open();
  }
  void TearDown() override {
    site_.reset();
    std::filesystem::remove_all(folder_);
  }

  virtual Files& files() { return SystemFiles(); }
  virtual Site::Options Made() {
    const auto program = feature::Program::FromToml(kFeatures, "features.toml").value();
    Site::Options options;
    options.name = "EWR";
    options.folder = folder_;
    options.addresses = {{"127.0.0.1:0"}};
    options.program = program;
    options.rules = RulesFromToml(kRules, "rules.toml", program).value();
    options.policy = relay::Policy::FromToml(kPolicy, "policy.toml", "a key of sixteen bytes").value();
    options.replay = true;
    options.poll = std::chrono::milliseconds(5);
    options.pull = [this](const std::string&, const Digest& digest) { return Pull(digest); };
    options.hub.desired = [this](Deadline) -> Result<std::optional<deploy::DesiredState>> {
      const std::lock_guard lock(mutex_);
      return desired_;
    };
    options.hub.report = [](const std::string&, Deadline) -> Result<void> { return {}; };
    return options;
  }
  void Open() {
    site_.reset();
    auto opened = Site::Open(Made(), store_, target_, files(), metrics_);
    ASSERT_TRUE(opened) << opened.error().message;
    site_ = std::move(*opened);
    client_ = std::make_unique<net::HttpClient>(net::Address{site_->addresses().at(0)});
  }

  /// Puts a version of the model, with these features, into the registry.
  void Push(const std::string& version, std::string_view features) {
    train::ModelCard card;
    card.name = "late";
    card.version = version;
    card.program = feature::Program::FromToml(features, "features.toml").value().ToJson();
    const std::lock_guard lock(mutex_);
    images_[Digest::Of(version)] = {{"model.onnx", "onnx"}, {"model.json", train::ToJson(card)}};
  }
  void Desire(deploy::DesiredState state) {
    const std::lock_guard lock(mutex_);
    desired_ = std::move(state);
  }
  void Desire(std::uint64_t number, const std::string& version) {
    Desire({.number = number, .models = {{"late", "models/late", Digest::Of(version), version}}, .policy = {}});
  }
  Result<std::vector<package::File>> Pull(const Digest& digest) {
    const std::lock_guard lock(mutex_);
    const auto found = images_.find(digest);
    return found == images_.end() ? Result<std::vector<package::File>>(Fail(Code::kNotFound, "no such image")) : found->second;
  }

  net::HttpResponse Post(std::string target, std::string body, std::vector<net::Header> headers = {}) {
    net::HttpRequest request{.method = "POST", .target = std::move(target), .headers = std::move(headers), .body = std::move(body)};
    auto answer = client_->Send(request, Deadline::After(seconds(20)));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : net::HttpResponse{};
  }
  nlohmann::json Status() {
    const auto answer = client_->Send({.method = "GET", .target = "/status", .headers = {}, .body = {}}, Deadline::After(seconds(20)));
    return nlohmann::json::parse(answer.value().body);
  }
  void WaitUntil(const std::function<bool()>& condition) {
    const auto deadline = Deadline::After(seconds(20));
    while (!condition()) {
      ASSERT_FALSE(deadline.Expired()) << Status().dump(2);
      std::this_thread::yield();
    }
  }
  void WaitUntilLive(std::uint64_t number = 1) {
    WaitUntil([&] { return Status()["applied"] == number; });
  }
  net::HttpResponse Stop(std::uint64_t sequence, double minutes, std::string_view name, double delay) {
    return Post("/records/stop",
                fmt::format(R"({{"producer":"p","seq":{},"time":"{}","name":"{}","delay":{}}})", sequence, At(minutes), name, delay));
  }
  net::HttpResponse Score(double minutes, std::string_view name) { return Post("/score/late", Asked(minutes, name)); }
  static std::string Asked(double minutes, std::string_view name) {
    return fmt::format(R"({{"time":"{}","name":"{}","due":"{}","amount":0.5}})", At(minutes), name, At(minutes + 60));
  }
  /// What an answer says of its row: all but how long it took.
  static nlohmann::json RowIn(const net::HttpResponse& answer) {
    auto row = nlohmann::json::parse(answer.body);
    row.erase("milliseconds");
    return row;
  }
  std::size_t StoredSamples() {
    std::size_t samples = 0;
    const auto names = store_.List("sites/EWR/sample/", "", 1000, Deadline::Never()).value();
    for (const auto& name : names) {
      if (name.ends_with(".json"))
        samples += nlohmann::json::parse(store_.Get(name, Deadline::Never()).value())["events"].get<std::size_t>();
    }
    return samples;
  }

  std::mutex mutex_;  // guards these two: the site asks from a thread of its own
  std::map<Digest, std::vector<package::File>> images_;
  deploy::DesiredState desired_;
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-site-" + LineageId::Random().ToString());
  store::FakeStore store_;
  deploy::FakeTarget target_{2};
  Metrics metrics_;
  std::unique_ptr<Site> site_;
  std::unique_ptr<net::HttpClient> client_;
};

}  // namespace edgewise::site::test
