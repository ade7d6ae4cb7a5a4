#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/lineage_id.h"
#include "base/result.h"
#include "base/time.h"
#include "feature/program.h"
#include "store/store.h"
#include "train/model.h"

namespace edgewise::improve {

/// A scored row whose outcome is known, as it came back from the store (or from a history file). The features lie in the SampleSet.
struct LabelledRow {
  LineageId lineage;
  std::uint64_t sequence = 0;  ///< In the site's sample lane.
  EventTime known;             ///< When the label was known.
  std::int32_t day = 0;        ///< Local date of the request, days since 1970 (DayNumber).
  float score = 0;             ///< As served; NaN if it was not.
  std::uint32_t object = 0;    ///< Index in SampleSet::objects.
  std::uint32_t site = 0;      ///< Index in SampleSet::sites.
  std::uint32_t place = 0;     ///< Of its features in the set.
  bool label = false;
};

/// Labelled rows of one feature layout: history first, then by (site, sequence); each (site, sequence) once.
/// Plain data, packed: about 60 bytes a row, 4 a number, 2 a category.
struct SampleSet {
  std::vector<LabelledRow> rows;
  std::vector<std::string> sites;
  std::vector<train::TrainingObject> objects;  ///< Where the rows came from; `rows` counts those in this set.
  std::uint64_t other_layout = 0;              ///< Samples passed over because they hold other features.
  std::uint64_t set_aside = 0;                 ///< Lines that are no sample of a version we know.
  std::uint64_t doubled = 0;                   ///< Repetitions of a (site, sequence), dropped.

  feature::Sample SampleOf(const LabelledRow& row) const;
  bool FromHistory(const LabelledRow& row) const { return objects[row.object].name.starts_with("history/"); }

  std::size_t numbers = 0;     ///< Per row.
  std::size_t categories = 0;  ///< Per row.
  std::vector<float> number_values;
  std::vector<std::uint16_t> category_codes;
  std::vector<std::string> words;  ///< What the codes mean.
};

struct ReadOptions {
  Digest layout;      ///< Of the program's outputs (feature::Program::layout): other samples are passed over.
  std::string after;  ///< "2013-03-31": rows of later local days only; "" = all.
  EventTime until{std::numeric_limits<std::int64_t>::max()};  ///< Labels known before this moment only.
  std::string site;                                           ///< Of this site only; "" = all.
  double share = 1;                                           ///< 0..1, chosen by a hash of (site, sequence): the same rows each time.
};

/// Reads the samples that sites have put into the store: batches that have their manifest, checked against its digest.
/// Errors: as store; kDataLoss (a batch is damaged, names it), kInvalidArgument (options).
Result<SampleSet> ReadSamples(store::Store& store, const ReadOptions& options, Deadline deadline);
/// Reads a file of sample events (JSON lines, zstd): where a data scientist starts. Errors: as Files; kDataLoss; kInvalidArgument.
Result<SampleSet> ReadHistory(Files& files, const std::filesystem::path& path, const ReadOptions& options);
/// Several sets of one layout as one. CHECKs that they have the same widths (empty ones aside).
SampleSet Join(std::vector<SampleSet> sets);

/// Rows of a set, by index, ascending.
using RowList = std::vector<std::uint32_t>;
RowList AllRows(const SampleSet& set);
/// What a model learned from: the objects that hold these rows, with their counts.
std::vector<train::TrainingObject> ObjectsOf(const SampleSet& set, std::span<const std::uint32_t> rows);

/// "2013-02-08" -> days since 1970. Errors: kInvalidArgument.
Result<std::int32_t> DayNumber(std::string_view date);
std::string DayText(std::int32_t day);

}  // namespace edgewise::improve
