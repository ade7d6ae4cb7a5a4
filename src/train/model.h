#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"

namespace edgewise::train {

struct Metrics {
  std::uint64_t rows = 0;
  double auc = 0;      ///< Area under the ROC curve.
  double logloss = 0;  ///< Mean, natural logarithm.
};

/// How one feature was distributed in training: cut points and the share of rows in each of the edges.size() + 1 bins, then the missing
/// ones.
struct FeatureProfile {
  std::string name;
  bool seasonal = false;
  std::vector<float> edges;    ///< Ascending. Numbers: the distinct deciles of the training rows. Categories: their codes + 0.5.
  std::vector<double> shares;  ///< edges.size() + 2 entries, the last is "missing"; they sum to 1.
};

/// What the model learned from: enough to walk from a score back to samples.
struct TrainingObject {
  std::string name;  ///< Object in the store, or "history/<file>".
  Digest digest;
  std::uint64_t rows = 0;
};

/// How the training rows were chosen and the trees grown; enough to fit again on other rows.
struct Recipe {
  std::string select = "all";  ///< "all", "history", "last-days:90", "hardest:0.1"
  int rounds = 120;
  int max_depth = 6;
  double eta = 0.1;
  double min_child_weight = 20;
  double subsample = 0.8;
  double colsample = 0.6;
  int max_bin = 64;
  std::uint64_t seed = 7;
  bool operator==(const Recipe&) const = default;
};

/// model.json: everything about a model but its bytes. Machine document, schema "edgewise.model.v1" (docs/formats/model.md).
struct ModelCard {
  std::string name;     ///< [a-z0-9._-]{1,64}
  std::string version;  ///< Label for people, such as "2013-05"; the identity is the digest.
  std::string program;  ///< The feature program with its vocabularies, as JSON text (feature::Program::ToJson).
  Recipe recipe;
  EventTime trained_until;  ///< Labels known up to here were used.
  Metrics training;
  std::optional<Metrics> holdout;
  std::vector<FeatureProfile> profile;
  std::vector<TrainingObject> objects;
  std::map<std::string, std::string> notes;  ///< Free text for people: gate decision, reason.
};

/// A model: ONNX bytes and its card. Input "features" float32 [N, columns]; output "probabilities" float32 [N, 2].
/// Its identity everywhere is the digest of the image manifest that covers both (package::Image::digest).
struct Model {
  std::string onnx;
  ModelCard card;
};

std::string ToJson(const ModelCard& card);  ///< Canonical: same card, same bytes.
/// Errors: kInvalidArgument (names the key); unknown keys are ignored, an unknown major is refused.
Result<ModelCard> CardFromJson(std::string_view json);

/// What serving needs of a card. All of it may be missing: the model was trained elsewhere, and a person wrote the card.
struct ServedCard {
  std::string version;
  std::string program;  ///< As in ModelCard; in the card it may also be an object instead of text.
};
/// Errors: as CardFromJson().
Result<ServedCard> ServedCardFromJson(std::string_view json);

}  // namespace edgewise::train
