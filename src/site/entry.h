#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "base/lineage_id.h"
#include "base/result.h"
#include "base/time.h"
#include "feature/program.h"

namespace edgewise::site {

/// Records of one stream as they came in: JSON lines, without those that were repetitions.
struct RecordsEntry {
  std::string stream;
  std::string lines;
};

/// One scored row: what was asked, what the features were, what was answered, and by which model.
struct ScoredEntry {
  LineageId lineage;
  Digest model;         ///< Of the image manifest.
  Digest layout;        ///< Of the program's outputs, so that samples of different versions are not mixed up.
  EventTime scored_at;  ///< Event time of the request.
  double score = 0;
  std::string request;  ///< The request's own JSON object. It never leaves the site as it is.
  feature::Sample sample;
};

/// "Everything that happened before this moment has been said": moves the clock of a replay.
struct WatermarkEntry {
  EventTime time;
};

/// A label given by name: POST /labels.
struct LabelEntry {
  LineageId lineage;
  EventTime time;
  bool positive = false;
};

/// What a site's journal holds. Encoding: docs/formats/journal.md (one tag byte, then little-endian fields; a reader refuses unknown tags).
using Entry = std::variant<RecordsEntry, ScoredEntry, WatermarkEntry, LabelEntry>;

std::string Encode(const Entry& entry);
/// Errors: kDataLoss (cut off, or a tag of a newer version).
Result<Entry> Decode(std::string_view bytes);

/// The sample's part of the encoding, for the local score log.
std::string EncodeSample(const feature::Sample& sample);
Result<feature::Sample> DecodeSample(std::string_view bytes);

}  // namespace edgewise::site
