#include "demo/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <random>
#include <ranges>

#include "base/time.h"
#include "train/metrics.h"

namespace edgewise::demo {
namespace {

constexpr int kResamples = 1000;
constexpr std::uint64_t kSeed = 7;

std::vector<std::string_view> Split(std::string_view line) {
  std::vector<std::string_view> cells;
  while (true) {
    const auto comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

/// Lines of a CSV with the places of the wanted columns, in the order in which they are asked for.
class Csv {
 public:
  static Result<Csv> Open(Files& files, const std::filesystem::path& file, const std::vector<std::string>& columns) {
    Csv csv;
    csv.name_ = file.string();
    EDGEWISE_ASSIGN(csv.text_, files.Read(file));
    const auto header = Split(csv.NextLine());
    for (const auto& column : columns) {
      const auto found = std::ranges::find(header, column);
      if (found == header.end()) return Fail(Code::kDataLoss, fmt::format("{}: no column \"{}\"", csv.name_, column));
      csv.places_.push_back(static_cast<std::size_t>(found - header.begin()));
    }
    csv.width_ = header.size();
    return csv;
  }
  bool done() const { return at_ >= text_.size(); }
  Result<std::vector<std::string_view>> Next() {
    const auto cells = Split(NextLine());
    if (cells.size() != width_) return Fail(Code::kDataLoss, fmt::format("{}:{}: {} cells, not {}", name_, line_, cells.size(), width_));
    std::vector<std::string_view> wanted;
    for (const auto place : places_) wanted.push_back(cells[place]);
    return wanted;
  }
  std::unexpected<Error> Wrong(std::string_view what) const { return Fail(Code::kDataLoss, fmt::format("{}:{}: {}", name_, line_, what)); }

 private:
  std::string_view NextLine() {
    ++line_;
    const auto end = std::min(text_.find('\n', at_), text_.size());
    const auto line = std::string_view(text_).substr(at_, end - at_);
    at_ = end + 1;
    return line;
  }
  std::string name_, text_;
  std::size_t at_ = 0, line_ = 0, width_ = 0;
  std::vector<std::size_t> places_;
};

bool ReadNumber(std::string_view text, float& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::int32_t LocalDay(EventTime time, const TimeZone& zone) {
  const auto local = time.ms + (zone.OffsetSeconds(time) * 1000);
  return static_cast<std::int32_t>(local / 86'400'000);
}

void SortByLineage(std::vector<JudgedRow>& rows) { std::ranges::sort(rows, {}, &JudgedRow::lineage); }

/// Rows in the order of their scores, ready for many weighted AUCs: days count as often as they were drawn.
class Ranking {
 public:
  explicit Ranking(std::span<const JudgedRow> rows) {
    std::vector<std::uint32_t> order(rows.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](auto a, auto b) { return rows[a].score < rows[b].score; });
    for (const auto place : order) {
      const auto& row = rows[place];
      ranked_.push_back({row.day, row.label > 0.5F, !ranked_.empty() && row.score == last_});
      last_ = row.score;
    }
  }
  /// `times[day - first]`: how often that day was drawn. Equal scores count half.
  double Auc(std::span<const std::int32_t> times, std::int32_t first) const {
    double late = 0, early = 0, pairs = 0, late_here = 0, early_here = 0;
    const auto close = [&] {
      pairs += late_here * (early + (early_here / 2));
      late += late_here;
      early += early_here;
      late_here = early_here = 0;
    };
    for (const auto& row : ranked_) {
      if (!row.ties) close();
      const auto weight = static_cast<double>(times[static_cast<std::size_t>(row.day - first)]);
      (row.late ? late_here : early_here) += weight;
    }
    close();
    return late > 0 && early > 0 ? pairs / (late * early) : 0.5;
  }

 private:
  struct Ranked {
    std::int32_t day;
    bool late;
    bool ties;  // with the one before
  };
  std::vector<Ranked> ranked_;
  float last_ = 0;
};

/// Calls `use` with how often each day was drawn: first once each, then resampled.
template <class Use>
void ResampleDays(std::span<const JudgedRow> rows, Use use) {
  const auto [low, high] = std::ranges::minmax(rows | std::views::transform(&JudgedRow::day));
  std::vector<std::int32_t> days;
  std::vector<std::int32_t> times(static_cast<std::size_t>(high - low + 1), 0);
  for (const auto& row : rows) times[static_cast<std::size_t>(row.day - low)] = 1;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] == 1) days.push_back(static_cast<std::int32_t>(i));
  }
  use(times, low);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < kResamples; ++i) {
    std::ranges::fill(times, 0);
    for (std::size_t n = 0; n < days.size(); ++n) ++times[static_cast<std::size_t>(days[random() % days.size()])];
    use(times, low);
  }
}

double Quantile(std::vector<double>& values, double part) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

}  // namespace

Result<Exported> ReadExport(Files& files, const std::filesystem::path& file, const std::string& zone_name) {
  EDGEWISE_ASSIGN(const auto zone, TimeZone::Load(zone_name));
  EDGEWISE_ASSIGN(auto csv, Csv::Open(files, file, {"lineage_id", "sched_dep_utc", "score", "label", "model_digest"}));
  Exported exported;
  while (!csv.done()) {
    EDGEWISE_ASSIGN(const auto cells, csv.Next());
    ++exported.counts.scored;
    ++exported.scored_by_model[std::string(cells[4])];
    if (cells[3] == "pending") ++exported.counts.pending;
    if (cells[3] == "never") ++exported.counts.never;
    if (cells[3] != "0" && cells[3] != "1") continue;
    JudgedRow row{std::string(cells[0]), 0, 0, cells[3] == "1" ? 1.0F : 0.0F};
    EDGEWISE_ASSIGN(const auto due, ParseTime(cells[1]));
    row.day = LocalDay(due, zone);
    if (!ReadNumber(cells[2], row.score)) return csv.Wrong("the score is no number");
    exported.rows.push_back(std::move(row));
  }
  exported.counts.labelled = exported.rows.size();
  SortByLineage(exported.rows);
  return exported;
}

Result<std::vector<JudgedRow>> ReadReplayed(Files& files, const std::filesystem::path& file) {
  EDGEWISE_ASSIGN(auto csv, Csv::Open(files, file, {"lineage_id", "day", "label", "score"}));
  std::vector<JudgedRow> rows;
  while (!csv.done()) {
    EDGEWISE_ASSIGN(const auto cells, csv.Next());
    if (cells[2] != "0" && cells[2] != "1") continue;
    JudgedRow row{std::string(cells[0]), 0, 0, cells[2] == "1" ? 1.0F : 0.0F};
    EDGEWISE_ASSIGN(const auto midnight, ParseTime(std::string(cells[1]) + "T00:00:00Z"));
    row.day = static_cast<std::int32_t>(midnight.ms / 86'400'000);
    if (!ReadNumber(cells[3], row.score)) return csv.Wrong("the score is no number");
    rows.push_back(std::move(row));
  }
  SortByLineage(rows);
  return rows;
}

std::vector<JudgedRow> Between(std::span<const JudgedRow> rows, std::int32_t from, std::int32_t to) {
  std::vector<JudgedRow> chosen;
  std::ranges::copy_if(rows, std::back_inserter(chosen), [&](const auto& row) { return row.day >= from && row.day <= to; });
  return chosen;
}

Quality Measure(std::span<const JudgedRow> rows) {
  Quality quality{.rows = rows.size()};
  if (rows.empty()) return quality;
  double loss = 0;
  for (const auto& row : rows) loss += train::LogLossOf(static_cast<double>(row.score), row.label);
  quality.logloss = loss / static_cast<double>(rows.size());
  const Ranking ranking(rows);
  std::vector<double> drawn;
  ResampleDays(rows, [&](const auto& times, auto first) { drawn.push_back(ranking.Auc(times, first)); });
  quality.auc = drawn.front();
  quality.auc_low = Quantile(drawn, 0.025);
  quality.auc_high = Quantile(drawn, 0.975);
  return quality;
}

Gain AucGain(std::span<const JudgedRow> better, std::span<const JudgedRow> base) {
  std::vector<JudgedRow> left, right;
  for (std::size_t i = 0, j = 0; i < better.size() && j < base.size();) {
    const auto order = better[i].lineage.compare(base[j].lineage);
    if (order == 0) {
      left.push_back(better[i]);
      right.push_back(base[j]);
    }
    i += order <= 0 ? 1 : 0;
    j += order >= 0 ? 1 : 0;
  }
  if (left.empty()) return {};
  const Ranking with(left), without(right);
  std::vector<double> drawn;
  ResampleDays(left, [&](const auto& times, auto first) { drawn.push_back(with.Auc(times, first) - without.Auc(times, first)); });
  Gain gain{.mean = drawn.front(), .low = 0, .high = 0};
  gain.low = Quantile(drawn, 0.025);
  gain.high = Quantile(drawn, 0.975);
  return gain;
}

}  // namespace edgewise::demo
