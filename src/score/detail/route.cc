#include "score/detail/route.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "score/detail/model_folder.h"

namespace edgewise::score::detail {
namespace {

/// FNV-1a, then the finalizer of SplitMix64: the same on every machine and in every release, as clients keep their keys for long.
std::uint64_t Hash(std::string_view key, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325U ^ seed;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
  return hash ^ (hash >> 31U);
}

/// In (0, 1).
double Fraction(std::uint64_t bits) { return (static_cast<double>(bits >> 11U) + 0.5) * 0x1p-53; }

bool SameTensors(const std::vector<TensorInfo>& some, const std::vector<TensorInfo>& others) {
  return std::ranges::equal(
      some, others, [](const TensorInfo& a, const TensorInfo& b) { return a.name == b.name && a.type == b.type && a.shape == b.shape; });
}

bool SameSignature(const Signature& one, const Signature& other) {
  return SameTensors(one.inputs, other.inputs) && SameTensors(one.outputs, other.outputs);
}

}  // namespace

Route::Route(std::string model, State state, std::string reason) : model_(std::move(model)), state_(state), reason_(std::move(reason)) {}

Route::Route(std::string model, std::vector<Version> versions, const ModelSettings& settings, std::map<std::uint64_t, std::string> refused)
    : model_(std::move(model)),
      state_(State::kLoaded),
      versions_(std::move(versions)),
      refused_(std::move(refused)),
      labels_(settings.labels) {
  if (const auto* shadow = settings.shadow ? Find(*settings.shadow) : nullptr; shadow != nullptr) shadow_ = shadow->version;
  SetStandard(settings);
  for (std::size_t i = 0; i < versions_.size(); ++i) {
    const auto weight = settings.weights.find(versions_[i].number);
    if (weight == settings.weights.end()) continue;
    weights_.push_back({i, weight->second});
    total_ += weight->second;
  }
}

const Route::Version* Route::Find(std::uint64_t number) const {
  const auto found = std::ranges::find(versions_, number, &Version::number);
  return found == versions_.end() ? nullptr : &*found;
}

void Route::SetStandard(const ModelSettings& settings) {
  const auto stable = labels_.find("stable");
  for (std::size_t i = 0; i < versions_.size(); ++i) {
    if (settings.shadow != versions_[i].number) standard_ = i;
  }
  for (std::size_t i = 0; i < versions_.size(); ++i) {
    if (stable != labels_.end() && stable->second == versions_[i].number) standard_ = i;
  }
}

Result<ModelRepository::Choice> Route::Choose(std::string_view version, std::string_view sticky) const {
  const Version* chosen = nullptr;
  if (version.empty()) {
    chosen = &Own(sticky);
  } else {
    EDGEWISE_ASSIGN(chosen, Named(version));
  }
  ModelRepository::Choice choice{chosen->version, nullptr};
  if (shadow_ != nullptr && shadow_ != choice.version) choice.shadow = shadow_;
  return choice;
}

/// Without a key the golden ratio deals the requests out, so that even a few of them keep to the weights. With one it is weighted
/// rendezvous hashing: a changed weight or version moves only the keys that have to move.
const Route::Version& Route::Own(std::string_view sticky) const {
  if (weights_.empty()) return versions_[standard_];
  if (sticky.empty()) {
    constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15U;
    double left = total_ * Fraction(tickets_.fetch_add(1, std::memory_order_relaxed) * kGoldenRatio);
    for (const auto& entry : weights_) {
      if (left < entry.weight) return versions_[entry.version];
      left -= entry.weight;
    }
    return versions_[weights_.back().version];
  }
  const auto score = [&](const Weighted& entry) {
    return -entry.weight / std::log(Fraction(Hash(sticky, versions_[entry.version].number)));
  };
  return versions_[std::ranges::max(weights_, {}, score).version];
}

Result<const Route::Version*> Route::Named(std::string_view version) const {
  std::optional<std::uint64_t> number = VersionNumber(version);
  if (!number) {
    const auto label = labels_.find(version);
    if (label != labels_.end()) number = label->second;
  }
  const Version* found = number ? Find(*number) : nullptr;
  if (found != nullptr) return found;
  const auto refused = number ? refused_.find(*number) : refused_.end();
  if (refused != refused_.end()) {
    return Fail(Code::kUnavailable, fmt::format("model \"{}\", version {}: {}", model_, *number, refused->second));
  }
  std::vector<std::uint64_t> numbers;
  for (const auto& served : versions_) numbers.push_back(served.number);
  return Fail(Code::kNotFound,
              fmt::format("model \"{}\" has no version \"{}\"; served: {}", model_, Shown(version), fmt::join(numbers, ", ")));
}

Result<void> FitsBeside(const Route::Version& version, const std::vector<Route::Version>& others, const ModelSettings& settings) {
  const bool shadows = settings.shadow == version.number;
  const bool weighted = settings.weights.contains(version.number);
  for (const auto& other : others) {
    if (!shadows && !(weighted && settings.weights.contains(other.number))) continue;
    if (SameSignature(version.version->signature(), other.version->signature())) continue;
    return Fail(Code::kInvalidArgument,
                fmt::format("serving.toml {}, and its inputs or outputs are not those of version {}: take it out there",
                            shadows ? "names it as shadow" : "gives it a weight", other.number));
  }
  return {};
}

}  // namespace edgewise::score::detail
