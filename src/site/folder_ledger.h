#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/digest.h"
#include "base/files.h"
#include "base/lineage_id.h"
#include "base/time.h"

namespace edgewise::site {

/// How a file is read, decided and written before its first row is asked about: whoever goes on after a kill asks the same questions.
struct FilePlan {
  std::string file;        ///< Name in its folder.
  std::uint64_t size = 0;  ///< Of its bytes, as `digest` is.
  Digest digest;
  LineageId salt;           ///< With a row's line it makes the row's lineage.
  std::uint64_t first = 1;  ///< Sequence of its first record; the next ones count on.
  std::uint64_t rows = 0;
  EventTime time;            ///< Of records that name none.
  std::uint64_t number = 1;  ///< How many files of this name there were, with this one: results are not written over.
  bool done = false;
};

/// What a folder's watch has read and is reading: an append-only file of JSON lines (docs/formats/inputs.md).
/// Durability: what Plan() and Done() answered survives a power cut. A torn last line is cut off. Errors: as Files; kFailedPrecondition
/// (not a ledger of this version). Threads: one.
class FolderLedger {
 public:
  static Result<std::unique_ptr<FolderLedger>> Open(Files& files, const std::filesystem::path& file);

  /// The plan of these very bytes under this name; made and kept if there is none. One of records that was left behind when another file
  /// was begun is made anew: its sequences have passed.
  Result<FilePlan> Plan(const std::string& file, std::uint64_t size, const Digest& digest, std::uint64_t rows, EventTime time,
                        bool records);
  bool IsDone(const std::string& file, std::uint64_t size, const Digest& digest) const;
  Result<void> Done(const FilePlan& plan);

 private:
  FolderLedger(Files& files, std::unique_ptr<Files::AppendFile> out) : files_(files), out_(std::move(out)) {}
  Result<void> Read(const std::filesystem::path& file);
  Result<void> Write(const FilePlan& plan);
  void Keep(FilePlan plan);
  static std::string KeyOf(const std::string& file, std::uint64_t size, const Digest& digest);

  Files& files_;
  std::unique_ptr<Files::AppendFile> out_;
  std::map<std::string, FilePlan> plans_;         // by KeyOf()
  std::map<std::string, std::uint64_t> numbers_;  // files done, by name
  std::string last_;                              // key of the plan made last
  std::uint64_t next_ = 1;                        // sequence behind all plans
  std::uint64_t end_ = 0;                         // of what is whole
  bool unsure_ = false;                           // a write failed: what lies behind end_ is undefined
};

}  // namespace edgewise::site
