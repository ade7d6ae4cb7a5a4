// What a server must outlive: handlers that throw, bytes that are no HTTP, clients that send too much or nothing.
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>
#include <stdexcept>
#include <thread>

#include "net/http.h"
#include "net/raw_client_test.h"

namespace edgewise::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void Echo(const HttpRequest& request, const Responder& respond) { respond(HttpResponse::Text(200, request.body)); }

std::unique_ptr<HttpServer> StartServer(HttpHandler handler, HttpServer::Options options = {}) {
  auto server = HttpServer::Start({{"127.0.0.1:0"}}, std::move(handler), options);
  EXPECT_TRUE(server.has_value()) << (server ? "" : server.error().message);
  return std::move(*server);
}

HttpRequest Post(std::string target, std::string body) {
  return {.method = "POST", .target = std::move(target), .headers = {}, .body = std::move(body)};
}

/// What is logged while it lives.
class LoggedLines {
 public:
  LoggedLines() { spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink_)); }
  ~LoggedLines() { spdlog::set_default_logger(before_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> sink_ = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_, true);
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST(HttpServer, AHandlerThatThrowsIsAnswered500AndTheNextRequestIsServed) {
  const LoggedLines logged;
  const auto server = StartServer([](const HttpRequest& request, const Responder& respond) {
    if (request.body == "N14228") throw std::runtime_error("cannot read " + request.body);
    if (request.body == "number") throw 5;  // not even a std::exception
    Echo(request, respond);
  });
  HttpClient client({server->addresses().at(0)});
  for (const auto* body : {"N14228", "number"}) {
    const auto answer = client.Send(Post("/score", body), Deadline::After(seconds(10)));
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->status, 500);
    EXPECT_EQ(answer->body.find("N14228"), std::string::npos) << "an exception's words may hold the request's data";
  }
  const auto next = client.Send(Post("/score", "fine"), Deadline::After(seconds(10)));
  ASSERT_TRUE(next.has_value()) << next.error().message;
  EXPECT_EQ(next->body, "fine");
  EXPECT_NE(logged.text().find("runtime_error"), std::string::npos) << logged.text();
  EXPECT_EQ(logged.text().find("N14228"), std::string::npos) << "a log line is an exit";
}

TEST(HttpServer, AHandlerThatThrowsAfterItsAnswerHasAnsweredOnce) {
  const LoggedLines quiet;
  const auto server = StartServer([](const HttpRequest& request, const Responder& respond) {
    Echo(request, respond);
    throw std::runtime_error("too late");
  });
  RawClient client(server->addresses().at(0));
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answers = client.ReadAll();
  EXPECT_EQ(answers.find("500"), std::string::npos) << answers;
  EXPECT_NE(answers.find("200 OK", answers.find("200 OK") + 1), std::string::npos) << answers;
}

}  // namespace
}  // namespace edgewise::net
