#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/forwarding_files.h"
#include "site/folder_watch.h"

namespace edgewise::site::test {

/// Counts what a watch does to the disk and to the site, and stops everything at one of these steps, before or after it has happened: a
/// kill.
struct Killer {
  std::uint64_t steps = 0;
  std::uint64_t at = ~0ULL;
  bool happens = false;  ///< The last step has its effect, and nobody hears of it.
  std::stop_source stop;

  bool dead() const { return steps > at; }
  /// Whether this step has an effect; whether anybody hears of it is !dead().
  bool Take() {
    const bool was_dead = dead();
    ++steps;
    if (dead()) stop.request_stop();
    return !dead() || (!was_dead && happens);
  }
};

class MortalFiles final : public ForwardingFiles {
 public:
  explicit MortalFiles(Killer& killer) : ForwardingFiles(SystemFiles()), killer_(killer) {}

  class MortalFile final : public File {
   public:
    MortalFile(std::unique_ptr<AppendFile> file, Killer& killer) : File(std::move(file)), killer_(killer) {}
    Result<void> Append(std::string_view bytes) override {
      if (killer_.Take()) return killer_.dead() ? Dead(File::Append(bytes.substr(0, bytes.size() / 2))) : File::Append(bytes);
      return Dead({});
    }
    Result<void> Sync() override { return killer_.Take() ? File::Sync() : Dead({}); }
    Result<void> Truncate(std::uint64_t size) override { return killer_.Take() ? File::Truncate(size) : Dead({}); }

   private:
    Killer& killer_;
  };
  Result<std::unique_ptr<AppendFile>> OpenAppend(const std::filesystem::path& path) override {
    EDGEWISE_ASSIGN(auto file, ForwardingFiles::OpenAppend(path));
    return std::make_unique<MortalFile>(std::move(file), killer_);
  }
  Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view bytes) override {
    if (!killer_.Take()) return Dead({});
    const auto done = ForwardingFiles::ReplaceDurably(path, bytes);
    return killer_.dead() ? Dead(done) : done;
  }
  Result<std::string> Read(const std::filesystem::path& path) override {
    return killer_.Take() && !killer_.dead() ? ForwardingFiles::Read(path) : std::unexpected(Dead({}).error());
  }

 private:
  static Result<void> Dead(const Result<void>&) { return Fail(Code::kUnavailable, "planted: killed"); }
  Killer& killer_;
};

/// Takes rows as the site's routes do, and keeps them over kills. A row that holds "bad" is refused.
class RowTaker {
 public:
  Ask ask(Killer& killer) {
    return [this, &killer](const Question& question, const net::Responder& respond) {
      const bool effect = killer.Take();
      if (!effect) return;
      const auto answer = question.kind == Question::Kind::kScore ? Score(question) : Record(question);
      if (!killer.dead()) respond(answer);
    };
  }
  void FailNext(int times, Code code) { failures_ = times, code_ = code; }
  const std::vector<std::string>& rows() const { return rows_; }
  int asked() const { return asked_; }

 private:
  net::HttpResponse Score(const Question& question) {
    ++asked_;
    if (failures_ > 0 && failures_-- > 0) return net::HttpResponse::FromError({code_, "planted"});
    if (question.body.find("bad") != std::string::npos) return net::HttpResponse::FromError({Code::kInvalidArgument, "planted: bad"});
    const auto known = answers_.find(question.lineage->ToString());
    if (known != answers_.end()) return known->second;
    rows_.push_back(question.body);
    return answers_[question.lineage->ToString()] =
               net::HttpResponse::Json(200, fmt::format(R"({{"score":{},"lineage":"{}"}})", rows_.size(), question.lineage->ToString()));
  }
  net::HttpResponse Record(const Question& question) {
    ++asked_;
    if (failures_ > 0 && failures_-- > 0) return net::HttpResponse::FromError({code_, "planted"});
    if (question.body.find("bad") != std::string::npos) return net::HttpResponse::FromError({Code::kInvalidArgument, "planted: bad"});
    std::istringstream lines(question.body);
    int fresh = 0, repeated = 0;
    for (std::string line; std::getline(lines, line);) {
      const auto record = nlohmann::json::parse(line);
      auto& reached = reached_[record["producer"].get<std::string>()];
      if (record["seq"].get<std::uint64_t>() <= reached) {
        ++repeated;
        continue;
      }
      reached = record["seq"];
      rows_.push_back(record["name"].get<std::string>());
      ++fresh;
    }
    return net::HttpResponse::Json(200, fmt::format(R"({{"new":{},"repeated":{},"skipped":0}})", fresh, repeated));
  }

  int failures_ = 0, asked_ = 0;
  Code code_ = Code::kUnavailable;
  std::map<std::string, net::HttpResponse> answers_;
  std::map<std::string, std::uint64_t> reached_;
  std::vector<std::string> rows_;
};

}  // namespace edgewise::site::test
