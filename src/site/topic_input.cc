#include "site/topic_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/json.h"
#include "site/ask_all.h"

namespace edgewise::site {
namespace {

using nlohmann::ordered_json;
constexpr std::chrono::seconds kConnecting{10};
constexpr std::chrono::seconds kHold{40};  // unacknowledged; the broker waits 90 s for a sign of us

bool IsFinal(const std::optional<net::HttpResponse>& answer) { return answer && (answer->status == 200 || answer->status == 400); }

}  // namespace

Result<std::unique_ptr<TopicInput>> TopicInput::Open(Parts parts) {
  std::unique_ptr<TopicInput> input(new TopicInput(std::move(parts)));  // private constructor
  auto& files = input->parts_.files;
  const auto& file = input->parts_.secret;
  EDGEWISE_TRY(files.MakeDirs(file.parent_path()));
  auto secret = files.Read(file);
  if (!secret && secret.error().code == Code::kNotFound) {
    secret = LineageId::Random().ToString() + LineageId::Random().ToString();
    EDGEWISE_TRY(files.CreateDurably(file, *secret));
  }
  if (!secret) return std::unexpected(secret.error());
  input->secret_ = *std::move(secret);
  return input;
}

Result<bool> TopicInput::Step(const std::stop_token& stop) {
  auto taken = Connect(stop);
  auto done = taken ? Take(stop) : Result<bool>(std::unexpected(taken.error()));
  if (done) return done;
  in_.reset();
  out_.reset();
  return done;
}

Result<void> TopicInput::Connect(const std::stop_token& stop) {
  const auto& options = parts_.options;
  const auto deadline = Deadline::After(kConnecting);
  std::string password;
  if (!in_ && !options.password_file.empty()) {
    EDGEWISE_ASSIGN(password, parts_.files.Read(options.password_file));
    while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  }
  MqttLink::Options link{.broker = options.broker, .client = options.client, .subscribe = {}, .user = options.user, .password = password};
  if (!out_ && !options.result.empty()) {
    link.client = options.client + "-results";
    EDGEWISE_ASSIGN(out_, MqttLink::Connect(link, deadline, stop));
    link.client = options.client;
  }
  link.subscribe = options.topic;
  if (in_) return {};
  EDGEWISE_ASSIGN(in_, MqttLink::Connect(link, deadline, stop));
  return {};
}

/// The order is the promise: the row is on the disk and its result at the broker before the message is acknowledged.
Result<bool> TopicInput::Take(const std::stop_token& stop) {
  EDGEWISE_ASSIGN(const auto messages, in_->Receive(Deadline::After(parts_.patience), stop));
  if (messages.empty() && out_) EDGEWISE_TRY(out_->Tend(Deadline::After(kConnecting)));
  if (messages.empty()) return false;
  EDGEWISE_ASSIGN(const auto answers, AskAbout(messages, stop));
  EDGEWISE_TRY(PublishResults(messages, answers));
  EDGEWISE_TRY(in_->Acknowledge(Deadline::After(kConnecting)));
  for (const auto& answer : answers) Count(answer.status == 200 ? "taken" : "refused");
  return true;
}

/// A message that names its time is the same row whenever it comes again.
std::optional<LineageId> TopicInput::NameOf(const MqttLink::Message& message) const {
  const auto object = ParseJson<nlohmann::json>(message.payload);
  if (!object.is_object() || !object.contains("time")) return std::nullopt;
  const auto name = Hmac(secret_, fmt::format("{}\n{}", message.topic, message.payload));
  return LineageId::FromBytes({reinterpret_cast<const char*>(name.bytes().data()), 16});
}

/// Until each is answered for good: those that the site could not take are asked again, the others are not.
Result<std::vector<net::HttpResponse>> TopicInput::AskAbout(const std::vector<MqttLink::Message>& messages, const std::stop_token& stop) {
  const bool scores = parts_.options.to.kind == InputTarget::Kind::kScore;
  const auto deadline = Deadline::After(kHold);
  std::vector<std::optional<net::HttpResponse>> answers(messages.size());
  std::vector<LineageId> rows;
  for (const auto& message : messages) rows.push_back(NameOf(message).value_or(LineageId::Random()));
  while (true) {
    std::vector<std::size_t> open;
    std::vector<Question> questions;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (IsFinal(answers[i])) continue;
      open.push_back(i);
      questions.push_back({.kind = scores ? Question::Kind::kScore : Question::Kind::kRecords,
                           .name = parts_.options.to.name,
                           .body = messages[i].payload,
                           .lineage = {}});
      if (scores) questions.back().lineage = rows[i];
    }
    if (open.empty()) break;
    auto some = AskAll(parts_.ask, std::move(questions), deadline, stop);
    for (std::size_t i = 0; i < open.size(); ++i) answers[open[i]] = std::move(some[i]);
    const bool waits = std::ranges::any_of(open, [&](std::size_t i) { return !IsFinal(answers[i]); });
    if (!waits) break;
    if (deadline.Expired() || stop.stop_requested())
      return Fail(Code::kUnavailable, "the site cannot take messages now; they stay at the broker");
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, stop, std::chrono::milliseconds(250), [] { return false; });
  }
  std::vector<net::HttpResponse> all;
  for (auto& answer : answers) all.push_back(*std::move(answer));
  return all;
}

Result<void> TopicInput::PublishResults(const std::vector<MqttLink::Message>& messages, const std::vector<net::HttpResponse>& answers) {
  if (!out_) return {};
  std::vector<MqttLink::Message> results;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    ordered_json result{{"topic", messages[i].topic}};
    const auto request = ParseJson<ordered_json>(messages[i].payload);
    result["request"] = request.is_discarded() ? ordered_json(messages[i].payload) : request;
    const auto answer = ParseJson<ordered_json>(answers[i].body);
    for (const auto& [key, value] : answer.items()) result[key] = value;
    results.push_back({parts_.options.result, result.dump(-1, ' ', false, ordered_json::error_handler_t::replace)});
  }
  return out_->Publish(results, Deadline::After(kConnecting));
}

void TopicInput::Count(const std::string& outcome) {
  parts_.metrics
      .Counter("edgewise_topic_messages_total", "Messages that were acknowledged, by what became of them.",
               {{"site", parts_.site}, {"topic", parts_.options.name}, {"outcome", outcome}})
      .Increment();
}

}  // namespace edgewise::site
