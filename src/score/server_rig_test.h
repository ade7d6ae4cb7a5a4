#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/http.h"
#include "score/made_repository_test.h"
#include "score/score_server.h"

namespace edgewise::score::test {

/// A score server on loopback, and a client of it.
class ServerRig : public testing::Test {
 protected:
  ServerRig() : client_({""}) {}

  void Serve(ScoreServer::Options options = {}) {
    options.addresses = {{"127.0.0.1:0"}};
    auto server = ScoreServer::Start(repository_, std::move(options));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    client_ = net::HttpClient({server_->addresses().at(0)});
  }
  net::HttpResponse Send(std::string method, std::string target, std::string body = "", std::vector<net::Header> headers = {}) {
    const auto answer = client_.Send({std::move(method), std::move(target), std::move(headers), std::move(body)},
                                     Deadline::After(std::chrono::seconds(60)));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : net::HttpResponse{.status = 0, .headers = {}, .body = ""};
  }
  net::HttpResponse Post(std::string target, std::string body, std::vector<net::Header> headers = {}) {
    return Send("POST", std::move(target), std::move(body), std::move(headers));
  }

  MadeRepository repository_;
  std::unique_ptr<ScoreServer> server_;
  net::HttpClient client_;
};

}  // namespace edgewise::score::test
