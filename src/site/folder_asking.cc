// The half of FolderWatch that asks the site.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "site/ask_all.h"
#include "site/folder_watch.h"

namespace edgewise::site {
namespace {

constexpr std::size_t kScoresAtOnce = 64;
constexpr std::size_t kRecordsAtOnce = 500;
constexpr std::chrono::seconds kPatience{30};

/// The row itself is wrong; all other failures are the site's, and pass.
bool IsRefusal(const net::HttpResponse& answer) { return answer.status == 400 || answer.status == 413; }

/// An answer's object with the line before all else.
std::string WithLine(std::size_t line, std::string_view object) {
  if (!object.starts_with('{')) object = "{}";
  return fmt::format("{{\"line\":{}{}{}\n", line, object.starts_with("{}") ? "" : ",", object.substr(1));
}

std::unexpected<Error> NotNow(const std::optional<net::HttpResponse>& answer) {
  if (!answer) return Fail(Code::kUnavailable, "the site did not answer in time");
  const auto said = ParseJson<nlohmann::json>(answer->body);
  const auto found = said.is_object() ? said.find("error") : said.end();
  return Fail(net::CodeOf(answer->status),
              said.is_object() && found != said.end() && found->is_string() ? found->get<std::string>() : "the site cannot take rows now");
}

}  // namespace

Result<void> FolderWatch::AskRows(const std::stop_token& stop) {
  const bool scores = parts_.options.to.kind == InputTarget::Kind::kScore;
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i < reading_->rows.size(); ++i) {
    if (reading_->results[i].empty() && reading_->errors[i].empty()) some.push_back(i);
    const bool last = i + 1 == reading_->rows.size();
    if (some.empty() || (!last && some.size() < (scores ? kScoresAtOnce : kRecordsAtOnce))) continue;
    EDGEWISE_TRY(scores ? Score(std::exchange(some, {}), stop) : Record(std::exchange(some, {}), stop));
  }
  return {};
}

Result<void> FolderWatch::Score(std::vector<std::size_t> rows, const std::stop_token& stop) {
  std::vector<Question> questions;
  for (const auto row : rows) {
    const auto& from = reading_->rows[row];
    const auto name = Digest::Of(fmt::format("{}{}", reading_->plan.salt.ToString(), from.line));
    const auto bytes = std::string_view(reinterpret_cast<const char*>(name.bytes().data()), 16);
    questions.push_back(
        {.kind = Question::Kind::kScore, .name = parts_.options.to.name, .body = from.json, .lineage = LineageId::FromBytes(bytes)});
  }
  const auto answers = AskAll(parts_.ask, std::move(questions), Deadline::After(kPatience), stop);
  Result<void> all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& answer = answers[i];
    const auto line = reading_->rows[rows[i]].line;
    if (answer && answer->status == 200) {
      reading_->results[rows[i]] = WithLine(line, answer->body);
    } else if (answer && IsRefusal(*answer)) {
      reading_->errors[rows[i]] = WithLine(line, answer->body);
    } else {
      all = NotNow(answer);
    }
  }
  return all;
}

/// A body is taken whole or not at all; one that is refused is halved until the wrong row stands alone.
Result<void> FolderWatch::Record(std::vector<std::size_t> rows, const std::stop_token& stop) {
  std::string body;
  for (const auto row : rows) body += RecordOf(row) + "\n";
  const auto answers = AskAll(parts_.ask, {{.kind = Question::Kind::kRecords, .name = parts_.options.to.name, .body = body, .lineage = {}}},
                              Deadline::After(kPatience), stop);
  const auto& answer = answers[0];
  if (answer && answer->status == 200) {
    const auto said = ParseJson<nlohmann::json>(answer->body);
    for (const auto& [key, count] :
         {std::pair("new", &reading_->fresh), std::pair("repeated", &reading_->repeated), std::pair("skipped", &reading_->skipped)}) {
      if (said.is_object() && said.contains(key) && said[key].is_number_unsigned()) *count += said[key].get<std::uint64_t>();
    }
    for (const auto row : rows) reading_->results[row] = "taken";
    return {};
  }
  if (!answer || !IsRefusal(*answer)) return NotNow(answer);
  if (rows.size() == 1) {
    reading_->errors[rows[0]] = WithLine(reading_->rows[rows[0]].line, answer->body);
    return {};
  }
  const auto half = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
  EDGEWISE_TRY(Record({rows.begin(), half}, stop));
  return Record({half, rows.end()}, stop);
}

/// The row, named by this folder and a sequence unless it names itself.
std::string FolderWatch::RecordOf(std::size_t row) const {
  const auto& text = reading_->rows[row].json;
  auto object = ParseJson<nlohmann::ordered_json>(text);
  if (!object.is_object()) return text;  // refused by who parses it
  if (!object.contains("time")) object["time"] = FormatTime(reading_->plan.time);
  if (!object.contains("producer") && !object.contains("seq")) {
    object["producer"] = "folder/" + parts_.options.name;
    object["seq"] = reading_->plan.first + row;
  }
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace edgewise::site
