#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "base/files.h"
#include "relay/relay.h"

namespace edgewise::relay {

/// The decisions' file of the day: appended, synced once a batch.
class Relay::Audit {
 public:
  Audit(Files& files, std::filesystem::path folder) : files_(files), folder_(std::move(folder)) {}

  Result<void> Append(ProcessingTime now, const Batch& batch) {
    const auto date = FormatTime(now).substr(0, 10);
    auto written = Write(date, batch);
    if (!written) file_.reset();  // its tail is undefined now: opened again, it gets a line's end first
    return written;
  }

  /// Into the file that the last batch went to.
  Result<void> Note(const std::string& line) {
    if (!file_) return {};  // of a batch from before the restart
    auto written = file_->Append(line);
    if (!written) file_.reset();
    return written;
  }

 private:
  Result<void> Write(const std::string& date, const Batch& batch) {
    if (!file_ || date != date_) EDGEWISE_TRY(Open(date));
    const auto closing =
        fmt::format("{{\"cut\":\"{}\",\"output\":\"{}\",\"policy\":\"{}\",\"events\":{},\"denied\":{}}}\n", batch.head.object_name,
                    batch.head.output.ToString(), batch.head.policy.ToString(), batch.head.events, batch.head.denied);
    EDGEWISE_TRY(file_->Append(batch.audit + closing));
    return file_->Sync();
  }

  Result<void> Open(const std::string& date) {
    const auto path = folder_ / fmt::format("audit-{}.jsonl", date);
    EDGEWISE_ASSIGN(file_, files_.OpenAppend(path));
    date_ = date;
    if (file_->size() == 0) return {};
    EDGEWISE_ASSIGN(const auto last, files_.ReadRange(path, file_->size() - 1, 1));
    return last == "\n" ? Result<void>() : file_->Append("\n");  // a crash left half a line
  }

  Files& files_;
  std::filesystem::path folder_;
  std::string date_;
  std::unique_ptr<Files::AppendFile> file_;
};

}  // namespace edgewise::relay
