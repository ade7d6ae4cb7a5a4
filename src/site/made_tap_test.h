#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "site/made_wire_test.h"
#include "site/tap.h"

namespace edgewise::site::test {

/// A site that answers when the test says so.
class AskedSite {
 public:
  using Answering = std::function<net::HttpResponse(const Question&)>;
  Ask ask() {
    return [this](const Question& question, net::Responder respond) {
      std::unique_lock lock(mutex_);
      questions_.push_back(question);
      if (!answering_) return waiting_.push_back(std::move(respond));
      const auto answer = answering_(question);
      lock.unlock();
      respond(answer);
    };
  }
  void AnswerWith(Answering answering) {
    const std::lock_guard lock(mutex_);
    answering_ = std::move(answering);
  }
  std::vector<Question> questions() {
    const std::lock_guard lock(mutex_);
    return questions_;
  }
  /// Answers all that wait.
  void Answer(const net::HttpResponse& answer) {
    std::unique_lock lock(mutex_);
    const auto waiting = std::exchange(waiting_, {});
    lock.unlock();
    for (const auto& respond : waiting) respond(answer);
  }

 private:
  std::mutex mutex_;
  Answering answering_;
  std::vector<Question> questions_;
  std::vector<net::Responder> waiting_;
};

inline const std::string kLineage(32, 'a');
inline const std::string kModelDigest = "sha256:" + std::string(64, 'b');
inline net::HttpResponse Scored() {
  return net::HttpResponse::Json(200, fmt::format(R"({{"score":0.25,"lineage":"{}","model":"{}","version":"1"}})", kLineage, kModelDigest));
}
inline const std::string kScoreHeaders =
    "X-Edgewise-Score: 0.25\r\nX-Edgewise-Lineage: " + kLineage + "\r\nX-Edgewise-Model: " + kModelDigest + "\r\n";

inline const std::string kBody = R"({"flight":{"carrier":"UA"},"hour":17})";

inline std::string Post(const std::string& body = kBody, const std::string& headers = "") {
  return fmt::format("POST /orders HTTP/1.1\r\nhost:  app \r\nX-Odd: ä\r\n{}Content-Length: {}\r\n\r\n{}", headers, body.size(), body);
}
inline std::string Reply(const std::string& body = "done", const std::string& status = "201 Made") {
  return fmt::format("HTTP/1.1 {}\r\nserver: odd\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}
/// The reply with the score's headers at the end of its head.
inline std::string WithScore(std::string reply) { return reply.insert(reply.find("\r\n\r\n") + 2, kScoreHeaders); }

class TapTest : public testing::Test {
 protected:
  void Open(std::chrono::milliseconds wait, const std::function<void(TapOptions&)>& change = [](TapOptions&) {}) {
    TapOptions options{.name = "orders",
                       .listen = "127.0.0.1:0",
                       .upstream = application_.address(),
                       .model = "late",
                       .path = "/orders",
                       .fields = {TapFieldFromText("carrier=/flight/carrier").value(), TapFieldFromText("hour").value()},
                       .wait = wait};
    change(options);
    tap_.reset();
    auto started = Tap::Start(options, "EWR", site_.ask(), metrics_);
    ASSERT_TRUE(started) << started.error().message;
    tap_ = std::move(*started);
  }
  double Count(const std::string& outcome) {
    return metrics_.Counter("edgewise_tap_requests_total", "", {{"site", "EWR"}, {"tap", "orders"}, {"outcome", outcome}}).Value();
  }
  void AwaitCount(const std::string& outcome, double count) {
    const auto deadline = Deadline::After(std::chrono::seconds(20));
    while (Count(outcome) < count && !deadline.Expired()) std::this_thread::yield();
    EXPECT_EQ(Count(outcome), count) << outcome;
  }
  void AwaitQuestions(std::size_t count) {
    const auto deadline = Deadline::After(std::chrono::seconds(20));
    while (site_.questions().size() < count && !deadline.Expired()) std::this_thread::yield();
    ASSERT_EQ(site_.questions().size(), count);
  }
  /// One exchange on a new connection: what the application got, and what the client did.
  std::pair<std::string, std::string> Exchange(const std::string& request, const std::string& reply, std::size_t reply_size,
                                               std::size_t piece = 1u << 20) {
    const Wire client(tap_->address());
    std::thread sending([&] { client.Send(request, piece); });
    const auto served = application_.Accept();
    auto got = served.Read(request.size());
    std::thread replying([&] {
      served.Send(reply, piece);
      served.EndSending();
    });
    auto answered = client.Read(reply_size);
    sending.join();
    replying.join();
    return {std::move(got), std::move(answered)};
  }

  static constexpr std::chrono::milliseconds kLong{std::chrono::minutes(10)};
  Application application_;
  AskedSite site_;
  Metrics metrics_;
  std::unique_ptr<Tap> tap_;  // last: it goes first
};

}  // namespace edgewise::site::test
