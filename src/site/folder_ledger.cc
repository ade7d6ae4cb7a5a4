#include "site/folder_ledger.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace edgewise::site {
namespace {

using nlohmann::json;
constexpr std::string_view kHead = "edgewise.folder.v1\n";

std::string Line(const FilePlan& plan) {
  return json{{"file", plan.file},
              {"size", plan.size},
              {"digest", plan.digest.ToString()},
              {"salt", plan.salt.ToString()},
              {"first", plan.first},
              {"rows", plan.rows},
              {"time", plan.time.ms},
              {"number", plan.number},
              {"done", plan.done}}
             .dump() +
         "\n";
}

Result<FilePlan> PlanFromLine(std::string_view line) {
  const auto damaged = Fail(Code::kDataLoss, "the folder's ledger has a damaged line");
  const auto object = json::parse(line, nullptr, false);
  if (!object.is_object()) return damaged;
  try {
    FilePlan plan;
    plan.file = object.at("file");
    plan.size = object.at("size");
    EDGEWISE_ASSIGN(plan.digest, Digest::Parse(object.at("digest").get<std::string>()));
    EDGEWISE_ASSIGN(plan.salt, LineageId::Parse(object.at("salt").get<std::string>()));
    plan.first = object.at("first");
    plan.rows = object.at("rows");
    plan.time.ms = object.at("time");
    plan.number = object.at("number");
    plan.done = object.at("done");
    return plan;
  } catch (const json::exception&) {  // the library's only way to say it
    return damaged;
  }
}

}  // namespace

std::string FolderLedger::KeyOf(const std::string& file, std::uint64_t size, const Digest& digest) {
  return fmt::format("{}\n{}\n{}", file, size, digest.ToString());
}

Result<std::unique_ptr<FolderLedger>> FolderLedger::Open(Files& files, const std::filesystem::path& file) {
  EDGEWISE_TRY(files.MakeDirs(file.parent_path()));
  EDGEWISE_ASSIGN(auto out, files.OpenAppend(file));
  std::unique_ptr<FolderLedger> ledger(new FolderLedger(files, std::move(out)));  // private constructor
  EDGEWISE_TRY(ledger->Read(file));
  return ledger;
}

Result<void> FolderLedger::Read(const std::filesystem::path& file) {
  EDGEWISE_ASSIGN(const auto bytes, files_.Read(file));
  const auto whole = bytes.rfind('\n') == std::string::npos ? 0 : bytes.rfind('\n') + 1;
  std::string_view rest(bytes.data(), whole);
  if (whole < bytes.size()) EDGEWISE_TRY(out_->Truncate(whole));
  if (rest.empty()) {
    EDGEWISE_TRY(out_->Append(kHead));
    EDGEWISE_TRY(out_->Sync());
    end_ = out_->size();
    return {};
  }
  end_ = whole;
  if (!rest.starts_with(kHead)) {
    return Fail(Code::kFailedPrecondition,
                fmt::format("{} is not a ledger of this version; upgrade, or move it away to read the folder's files anew", file.string()));
  }
  rest.remove_prefix(kHead.size());
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    EDGEWISE_ASSIGN(auto plan, PlanFromLine(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
    Keep(std::move(plan));
  }
  return {};
}

void FolderLedger::Keep(FilePlan plan) {
  auto key = KeyOf(plan.file, plan.size, plan.digest);
  if (plan.done) numbers_[plan.file] = std::max(numbers_[plan.file], plan.number);
  if (!plan.done) last_ = key;
  next_ = std::max(next_, plan.first + plan.rows);
  plans_.insert_or_assign(std::move(key), std::move(plan));
}

Result<void> FolderLedger::Write(const FilePlan& plan) {
  if (unsure_) EDGEWISE_TRY(out_->Truncate(end_));
  unsure_ = true;
  EDGEWISE_TRY(out_->Append(Line(plan)));
  EDGEWISE_TRY(out_->Sync());
  unsure_ = false;
  end_ = out_->size();
  Keep(plan);
  return {};
}

Result<FilePlan> FolderLedger::Plan(const std::string& file, std::uint64_t size, const Digest& digest, std::uint64_t rows, EventTime time,
                                    bool records) {
  const auto key = KeyOf(file, size, digest);
  const auto found = plans_.find(key);
  if (found != plans_.end() && !found->second.done && (!records || last_ == key)) return found->second;
  FilePlan plan{.file = file, .size = size, .digest = digest, .salt = LineageId::Random(), .first = next_, .rows = rows, .time = time};
  const auto number = numbers_.find(file);
  if (number != numbers_.end()) plan.number = number->second + 1;
  EDGEWISE_TRY(Write(plan));
  return plan;
}

bool FolderLedger::IsDone(const std::string& file, std::uint64_t size, const Digest& digest) const {
  const auto found = plans_.find(KeyOf(file, size, digest));
  return found != plans_.end() && found->second.done;
}

Result<void> FolderLedger::Done(const FilePlan& plan) {
  auto done = plan;
  done.done = true;
  return Write(done);
}

}  // namespace edgewise::site
