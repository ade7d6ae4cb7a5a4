#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "feature/record.h"
#include "site/asking.h"
#include "site/folder_ledger.h"
#include "site/folder_rows.h"
#include "site/input_options.h"

namespace edgewise::site {

/// What tells one state of a file from another without reading it.
struct FileStamp {
  std::uint64_t size = 0, inode = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

/// Reads the complete files of one folder, asks about each row, and writes what was answered: contract, with what is promised across a
/// kill, in docs/formats/inputs.md. A step function: Step() looks once and brings at most one file to its end. Errors of Open: as
/// FolderLedger. Errors of Step(): kUnavailable and others of a site that cannot take rows now, as Files; the next step goes on where this
/// one stopped. Threads: one; it is not the site's HTTP thread, for Step() waits for answers.
class FolderWatch {
 public:
  struct Parts {
    FolderOptions options;
    std::string site;
    std::filesystem::path ledger;  ///< Its file.
    feature::StreamSpec spec;      ///< Of the model's request, or of the stream.
    Ask ask;
    Files& files;
    Metrics& metrics;
    std::shared_ptr<const Clock> clock;  ///< Shared with the site. What records are dated with that name no time.
    std::function<std::chrono::steady_clock::time_point()> now = [] { return std::chrono::steady_clock::now(); };
  };
  static Result<std::unique_ptr<FolderWatch>> Open(Parts parts);

  /// True: a file was read, look again. False: nothing to do now.
  Result<bool> Step(const std::stop_token& stop = {});

 private:
  /// The file in hand. Kept between steps: what was answered is not asked again.
  struct Reading {
    FileStamp stamp;
    FilePlan plan;
    std::vector<FileRow> rows;
    std::vector<std::string> results, errors;            ///< By row: of each one at most; both empty: not answered yet.
    std::uint64_t fresh = 0, repeated = 0, skipped = 0;  ///< Of records, as the route says.
  };
  struct Seen {
    FileStamp stamp;
    std::chrono::steady_clock::time_point since;
    bool handled = false;
  };

  explicit FolderWatch(Parts parts) : parts_(std::move(parts)) {}
  Result<std::optional<std::string>> NextComplete();
  Result<void> Begin(const std::string& file);
  Result<void> ReportLarge(const std::string& file, const FileStamp& stamp);
  Result<void> AskRows(const std::stop_token& stop);
  Result<void> Score(std::vector<std::size_t> rows, const std::stop_token& stop);
  Result<void> Record(std::vector<std::size_t> rows, const std::stop_token& stop);
  std::string RecordOf(std::size_t row) const;
  Result<void> Finish();
  std::filesystem::path ResultFile(const FilePlan& plan, std::string_view ending) const;
  void CountRows(const std::string& outcome, std::size_t rows);

  Parts parts_;
  std::unique_ptr<FolderLedger> ledger_;
  std::map<std::string, Seen> seen_;  // by name
  std::optional<Reading> reading_;
};

}  // namespace edgewise::site
