// The half of TapSession that asks: which requests are scored, and what their replies get.
#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/json.h"
#include "site/tap_fields.h"
#include "site/tap_session.h"

namespace edgewise::site {
namespace {

std::string TextIn(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The answer of POST /score/{model} as headers. "" if it is not as we write it: nothing but our own words goes into another's reply.
std::string HeadersOf(const std::string& answer) {
  const auto said = ParseJson<nlohmann::json>(answer);
  if (!said.is_object() || !said.contains("score") || !said["score"].is_number()) return "";
  const auto lineage = LineageId::Parse(TextIn(said, "lineage"));
  const auto model = Digest::Parse(TextIn(said, "model"));
  if (!lineage || !model) return "";
  return fmt::format("X-Edgewise-Score: {}\r\nX-Edgewise-Lineage: {}\r\nX-Edgewise-Model: {}\r\n", said["score"].dump(),
                     lineage->ToString(), model->ToString());
}

}  // namespace

void TapSession::OnHead(std::string_view method, std::string_view target) {
  exchanges_.push_back({.number = next_++, .is_head = method == "HEAD", .is_connect = method == "CONNECT", .headers = {}});
  if (method != shared_.options.method || !LiesBelow(target, shared_.options.path)) exchanges_.back().state = Exchange::State::kPlain;
}

void TapSession::OnRequest(PassedRequest request) {
  if (exchanges_.empty()) return;  // its reply came before it ended, and has passed
  auto& exchange = exchanges_.back();
  if (exchange.state != Exchange::State::kReading) return;
  exchange.state = Exchange::State::kPlain;
  AskAbout(exchange, request);
}

void TapSession::AskAbout(Exchange& exchange, const PassedRequest& request) {
  auto& counters = shared_.counters;
  if (request.encoded) return counters.encoded.Increment();
  if (request.cut) return counters.large.Increment();
  auto fields = RequestFrom(request.body, shared_.options.fields);
  if (!fields) return counters.fields.Increment();
  if (*shared_.asked >= shared_.options.most_asked) return counters.busy.Increment();
  ++*shared_.asked;
  exchange.state = Exchange::State::kAsked;
  const auto answered = [weak = weak_from_this(), number = exchange.number, home = shared_.home,
                         asked = shared_.asked](const net::HttpResponse& answer) {
    const std::lock_guard lock(home->mutex);
    if (home->context == nullptr) return;
    boost::asio::post(*home->context, [weak, number, asked, answer] {
      --*asked;
      if (const auto self = weak.lock()) self->OnAnswer(number, answer);
    });
  };
  shared_.ask({.name = shared_.options.model, .body = *std::move(fields), .lineage = {}}, answered);
}

/// Too late for a reply that has passed: the row and its events are there all the same.
void TapSession::OnAnswer(std::uint64_t number, const net::HttpResponse& answer) {
  if (exchanges_.empty() || number < exchanges_.front().number) return;
  const auto at = number - exchanges_.front().number;
  if (at >= exchanges_.size() || exchanges_[at].state != Exchange::State::kAsked) return;
  auto& exchange = exchanges_[at];
  exchange.state = Exchange::State::kAnswered;
  if (answer.status == 200) exchange.headers = HeadersOf(answer.body);
  auto& counters = shared_.counters;
  (answer.status == 200 ? counters.scored : answer.status == 400 ? counters.refused : counters.unavailable).Increment();
  if (at != 0 || !held_) return;
  Release(true);
  PassDown();
}

}  // namespace edgewise::site
