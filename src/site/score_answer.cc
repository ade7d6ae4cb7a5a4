#include "site/score_answer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace edgewise::site {
namespace {

double Milliseconds(std::chrono::steady_clock::duration time) {
  return static_cast<double>(std::chrono::round<std::chrono::microseconds>(time).count()) / 1000;
}

std::string Quoted(std::string_view text) { return fmt::format("\"{}\"", text); }
std::string Label(const AnsweredRow& row) { return row.label ? fmt::format("{}", *row.label) : "null"; }
std::string Lineage(const AnsweredRow& row) { return row.kept ? Quoted(row.lineage.ToString()) : "null"; }
std::string Model(const AnsweredRow& row) { return Quoted(row.model.ToString()); }
std::string Version(const AnsweredRow& row) { return Quoted(row.version); }
std::string Score(const AnsweredRow& row) { return fmt::format("{}", row.score); }

std::string List(const std::vector<AnsweredRow>& rows, std::string (*of)(const AnsweredRow&)) {
  std::vector<std::string> texts(rows.size());
  std::ranges::transform(rows, texts.begin(), of);
  return fmt::format("[{}]", fmt::join(texts, ","));
}

}  // namespace

std::string ToJson(const ScoreAnswer& answer) {
  const auto stages = fmt::format(R"("milliseconds":{{"features":{},"infer":{},"store":{}}})", Milliseconds(answer.stages.features),
                                  Milliseconds(answer.stages.infer), Milliseconds(answer.stages.store));
  if (!answer.many) {
    const auto& row = answer.rows.front();
    return fmt::format(R"({{"score":{},"label":{},"lineage":{},"model":{},"version":{},{}}})", Score(row), Label(row), Lineage(row),
                       Model(row), Version(row), stages);
  }
  return fmt::format(R"({{"scores":{},"labels":{},"lineage":{},"models":{},"versions":{},{}}})", List(answer.rows, &Score),
                     List(answer.rows, &Label), List(answer.rows, &Lineage), List(answer.rows, &Model), List(answer.rows, &Version),
                     stages);
}

}  // namespace edgewise::site
