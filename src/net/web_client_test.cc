#include "net/web_client.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "base/clock.h"

namespace edgewise::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Deadline Soon() { return Deadline::After(seconds(30)); }

HttpRequest Request(std::string method, std::string body = {}) {
  return {.method = std::move(method), .target = "/a/b?c=%2F", .headers = {{"x-ms-version", "1"}}, .body = std::move(body)};
}

std::unique_ptr<HttpServer> StartServer(HttpHandler handler, const std::string& address = "127.0.0.1:0") {
  return HttpServer::Start({{address}}, std::move(handler), {}).value();
}

void SayWhatCame(const HttpRequest& request, const Responder& respond) {
  auto answer =
      HttpResponse::Text(201, request.method + " " + request.target + " " + std::string(request.header("x-ms-version")) + request.body);
  answer.headers.push_back({"x-said", "  yes: no "});
  respond(std::move(answer));
}

TEST(WebClient, SendsAndReceivesEverything) {
  const auto server = StartServer(SayWhatCame);
  WebClient client("http://" + server->addresses().front());
  const auto got = client.Send(Request("GET"), Soon());
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 201);
  EXPECT_EQ(got->body, "GET /a/b?c=%2F 1");
  EXPECT_EQ(got->header("X-Said"), "yes: no");
  const std::string large(3 << 20, 'x');
  EXPECT_EQ(client.Send(Request("PUT", large), Soon())->body, "PUT /a/b?c=%2F 1" + large);
  EXPECT_EQ(client.Send(Request("PUT"), Soon())->body, "PUT /a/b?c=%2F 1") << "an empty body";
  EXPECT_EQ(client.Send(Request("HEAD"), Soon())->body, "");
  EXPECT_EQ(client.Send(Request("DELETE"), Soon())->body, "DELETE /a/b?c=%2F 1");
}

TEST(WebClient, ServerThatCameBackIsReachedAgain) {
  auto server = StartServer(SayWhatCame);
  const auto address = server->addresses().front();
  WebClient client("http://" + address);
  EXPECT_TRUE(client.Send(Request("GET"), Soon()));
  server.reset();
  EXPECT_EQ(client.Send(Request("GET"), Soon()).error().code, Code::kUnavailable);
  server = StartServer(SayWhatCame, address);
  EXPECT_TRUE(client.Send(Request("GET"), Soon()));
}

TEST(WebClient, AServerThatIsSilentIsGivenUpAtTheDeadline) {
  std::promise<Responder> asked;
  const auto server = StartServer([&](const HttpRequest&, Responder respond) { asked.set_value(std::move(respond)); });
  WebClient client("http://" + server->addresses().front());
  const auto answer = client.Send(Request("GET"), Deadline::After(milliseconds(200)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kDeadlineExceeded) << answer.error().message;
  asked.get_future().get()(HttpResponse::Text(200, ""));
}

TEST(WebClient, ErrorsNameTheHostAndNotTheTarget) {
  auto request = Request("GET");
  request.target = "/c?sig=secret";
  for (const auto* origin : {"http://no-such-host.invalid", "http://127.0.0.1:1"}) {
    const auto answer = WebClient(origin).Send(request, Soon());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::kUnavailable) << answer.error().message;
    EXPECT_TRUE(answer.error().message.starts_with(origin)) << answer.error().message;
    EXPECT_EQ(answer.error().message.find("secret"), std::string::npos) << answer.error().message;
  }
  EXPECT_EQ(WebClient("ftp://127.0.0.1:1").Send(request, Soon()).error().code, Code::kInvalidArgument);
}

/// openssl s_server with a certificate of its own making, until it is destroyed.
class TlsServer {
 public:
  TlsServer() {
    std::filesystem::create_directories(folder_);
    const auto in = "cd " + folder_.string() + " && ";
    EXPECT_EQ(std::system((in + "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out certificate -days 2 -subj /CN=localhost "
                                "-addext subjectAltName=IP:127.0.0.1 2>/dev/null")
                              .c_str()),
              0);
    const auto probe = StartServer(SayWhatCame);
    address_ = probe->addresses().front();
    probe->Stop();
    EXPECT_EQ(std::system((in + "exec openssl s_server -www -quiet -cert certificate -key key -accept " + address_ +
                           " >/dev/null 2>&1 & echo $! >" + (folder_ / "pid").string())
                              .c_str()),
              0);
    std::ifstream(folder_ / "pid") >> pid_;
  }
  ~TlsServer() {
    kill(pid_, SIGTERM);
    std::filesystem::remove_all(folder_);
  }
  std::string origin() const { return "https://" + address_; }
  std::string certificate() const { return folder_ / "certificate"; }

 private:
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("edgewise-tls-" + std::to_string(getpid()));
  std::string address_;
  pid_t pid_ = 0;
};

Result<HttpResponse> GetOnceItListens(WebClient& client) {
  auto answer = client.Send(Request("GET"), Soon());
  for (const auto end = Soon(); !answer && answer.error().code == Code::kUnavailable && !end.Expired();)
    answer = client.Send(Request("GET"), end);
  return answer;
}

TEST(WebClient, ACertificateMustBeTrusted) {
  if (std::system("openssl version >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no openssl";
  const TlsServer server;
  WebClient client(server.origin());
  const auto untrusted = GetOnceItListens(client);
  ASSERT_FALSE(untrusted);
  EXPECT_EQ(untrusted.error().code, Code::kFailedPrecondition) << untrusted.error().message;
  setenv("SSL_CERT_FILE", server.certificate().c_str(), 1);
  const auto trusted = GetOnceItListens(client);
  unsetenv("SSL_CERT_FILE");
  ASSERT_TRUE(trusted) << trusted.error().message;
  EXPECT_EQ(trusted->status, 200);
  const auto end = client.certificate_ends();
  ASSERT_TRUE(end);
  const auto left = end->ms - WallClock().Now().ms;
  EXPECT_GT(left, 47 * 3'600'000) << FormatTime(*end);
  EXPECT_LE(left, 48 * 3'600'000) << FormatTime(*end);
}

TEST(WebClient, ADateIsRead) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT")->ms, 784'111'777'000);
  EXPECT_FALSE(ParseHttpDate("soon"));
  EXPECT_FALSE(ParseHttpDate(""));
}

}  // namespace
}  // namespace edgewise::net
