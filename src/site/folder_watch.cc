#include "site/folder_watch.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace edgewise::site {
namespace {

std::optional<FileStamp> StampOf(const std::filesystem::path& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FileStamp{static_cast<std::uint64_t>(status.st_size), status.st_ino,
                   std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::string ErrorLine(std::size_t line, std::string_view error) {
  return nlohmann::ordered_json{{"line", line}, {"error", error}, {"code", "INVALID_ARGUMENT"}}.dump(
             -1, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

}  // namespace

Result<std::unique_ptr<FolderWatch>> FolderWatch::Open(Parts parts) {
  std::unique_ptr<FolderWatch> watch(new FolderWatch(std::move(parts)));  // private constructor
  EDGEWISE_TRY(watch->parts_.files.MakeDirs(watch->parts_.options.done));
  EDGEWISE_ASSIGN(watch->ledger_, FolderLedger::Open(watch->parts_.files, watch->parts_.ledger));
  return watch;
}

Result<bool> FolderWatch::Step(const std::stop_token& stop) {
  if (!reading_) {
    EDGEWISE_ASSIGN(const auto file, NextComplete());
    if (!file) return false;
    EDGEWISE_TRY(Begin(*file));
    if (!reading_) return true;  // it had been read before, or cannot be
  }
  EDGEWISE_TRY(AskRows(stop));
  EDGEWISE_TRY(Finish());
  return true;
}

/// The first file, by name, that has not changed for the settle time and was not handled.
Result<std::optional<std::string>> FolderWatch::NextComplete() {
  const auto names = parts_.files.List(parts_.options.folder);
  if (!names && names.error().code == Code::kNotFound)
    return Fail(Code::kNotFound, fmt::format("folder \"{}\": {} is not there", parts_.options.name, parts_.options.folder.string()));
  if (!names) return std::unexpected(names.error());
  const auto now = parts_.now();
  std::optional<std::string> complete;
  std::map<std::string, Seen> seen;
  for (const auto& name : *names) {
    const auto stamp = IsRead(name) ? StampOf(parts_.options.folder / name) : std::nullopt;
    if (!stamp) continue;
    const auto known = seen_.find(name);
    auto& here = seen[name] = known != seen_.end() && known->second.stamp == *stamp ? known->second : Seen{*stamp, now};
    if (!complete && !here.handled && now - here.since >= parts_.options.settle) complete = name;
  }
  seen_ = std::move(seen);
  return complete;
}

/// Reads the file and decides how its rows are named, durably.
Result<void> FolderWatch::Begin(const std::string& file) {
  auto& seen = seen_.at(file);
  const auto path = parts_.options.folder / file;
  if (seen.stamp.size > parts_.options.largest) return ReportLarge(file, seen.stamp);
  EDGEWISE_ASSIGN(const auto bytes, parts_.files.Read(path));
  if (StampOf(path) != seen.stamp) {
    seen_.erase(file);  // it is still written
    return {};
  }
  const auto digest = Digest::Of(bytes);
  if (ledger_->IsDone(file, bytes.size(), digest)) {
    seen.handled = true;
    return {};
  }
  Reading reading{.stamp = seen.stamp, .plan = {}, .rows = {}, .results = {}, .errors = {}};
  reading.rows = file.ends_with(".csv") ? RowsOfCsv(bytes, parts_.spec) : RowsOfJsonLines(bytes);
  EDGEWISE_ASSIGN(reading.plan, ledger_->Plan(file, bytes.size(), digest, reading.rows.size(), parts_.clock->EventNow(),
                                              parts_.options.to.kind == InputTarget::Kind::kRecords));
  reading.results.resize(reading.rows.size());
  reading.errors.resize(reading.rows.size());
  for (std::size_t i = 0; i < reading.rows.size(); ++i) {
    const auto& row = reading.rows[i];
    if (!row.error.empty()) reading.errors[i] = ErrorLine(row.line, row.error);
  }
  reading_ = std::move(reading);
  return {};
}

Result<void> FolderWatch::ReportLarge(const std::string& file, const FileStamp& stamp) {
  const auto what = ErrorLine(0, fmt::format("the file has {} bytes, {} at most are read; split it", stamp.size, parts_.options.largest));
  EDGEWISE_TRY(parts_.files.ReplaceDurably(parts_.options.done / (file + ".errors.jsonl"), what));
  seen_.at(file).handled = true;
  parts_.metrics
      .Counter("edgewise_folder_files_total", "Files that were brought to an end.",
               {{"site", parts_.site}, {"folder", parts_.options.name}, {"outcome", "large"}})
      .Increment();
  return {};
}

std::filesystem::path FolderWatch::ResultFile(const FilePlan& plan, std::string_view ending) const {
  const auto number = plan.number == 1 ? std::string() : fmt::format(".{}", plan.number);
  return parts_.options.done / fmt::format("{}{}.{}", plan.file, number, ending);
}

void FolderWatch::CountRows(const std::string& outcome, std::size_t rows) {
  parts_.metrics
      .Counter("edgewise_folder_rows_total", "Rows of files that were brought to an end.",
               {{"site", parts_.site}, {"folder", parts_.options.name}, {"outcome", outcome}})
      .Increment(static_cast<double>(rows));
}

/// Results first, then the mark that they are there: after a kill between the two the same results are written again.
Result<void> FolderWatch::Finish() {
  std::string results, errors;
  std::size_t refused = 0;
  for (const auto& line : reading_->results) results += line;
  for (const auto& line : reading_->errors) {
    errors += line;
    refused += line.empty() ? 0 : 1;
  }
  const auto taken = reading_->rows.size() - refused;
  const bool scores = parts_.options.to.kind == InputTarget::Kind::kScore;
  if (!scores) {
    results = fmt::format("{{\"rows\":{},\"new\":{},\"repeated\":{},\"skipped\":{},\"refused\":{}}}\n", reading_->rows.size(),
                          reading_->fresh, reading_->repeated, reading_->skipped, refused);
  }
  EDGEWISE_TRY(parts_.files.ReplaceDurably(ResultFile(reading_->plan, scores ? "scored.jsonl" : "taken.jsonl"), results));
  if (!errors.empty()) EDGEWISE_TRY(parts_.files.ReplaceDurably(ResultFile(reading_->plan, "errors.jsonl"), errors));
  EDGEWISE_TRY(ledger_->Done(reading_->plan));
  CountRows("taken", taken);
  CountRows("refused", refused);
  parts_.metrics
      .Counter("edgewise_folder_files_total", "Files that were brought to an end.",
               {{"site", parts_.site}, {"folder", parts_.options.name}, {"outcome", "done"}})
      .Increment();
  if (const auto seen = seen_.find(reading_->plan.file); seen != seen_.end() && seen->second.stamp == reading_->stamp)
    seen->second.handled = true;
  reading_.reset();
  return {};
}

}  // namespace edgewise::site
