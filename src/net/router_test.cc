#include <gtest/gtest.h>

#include "net/http.h"

namespace edgewise::net {
namespace {

HttpResponse Ask(const Router& router, std::string method, std::string target) {
  HttpResponse got{.status = 0, .headers = {}, .body = {}};
  HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  router(std::move(request), [&got](HttpResponse response) { got = std::move(response); });
  return got;
}

Router Routes() {
  Router router;
  router.Add("GET", "/v2/models/{model}", [](const HttpRequest&, const Router::Parameters& p, const Responder& respond) {
    respond(HttpResponse::Text(200, "model " + p.at("model")));
  });
  router.Add("POST", "/files/{path...}", [](const HttpRequest&, const Router::Parameters& p, const Responder& respond) {
    respond(HttpResponse::Text(200, "path " + p.at("path")));
  });
  return router;
}

TEST(Router, GivesAPatternsSegmentsToItsHandler) {
  EXPECT_EQ(Ask(Routes(), "GET", "/v2/models/delay").body, "model delay");
  EXPECT_EQ(Ask(Routes(), "GET", "/v2/models/delay?x=1").body, "model delay");
  EXPECT_EQ(Ask(Routes(), "POST", "/files/a/b/c").body, "path a/b/c");
}

TEST(Router, DecodesPercentSigns) { EXPECT_EQ(Ask(Routes(), "GET", "/v2/models/de%6Cay").body, "model delay"); }

TEST(Router, AnswersUnknownPathsWith404AndWrongMethodsWith405) {
  EXPECT_EQ(Ask(Routes(), "GET", "/nowhere").status, 404);
  EXPECT_EQ(Ask(Routes(), "GET", "/v2/models/a/b").status, 404);
  EXPECT_EQ(Ask(Routes(), "DELETE", "/v2/models/delay").status, 405);
}

TEST(HttpRequest, FindsQueryParameters) {
  HttpRequest request;
  request.target = "/list?prefix=a%2Fb&limit=3&flag";
  EXPECT_EQ(request.path(), "/list");
  EXPECT_EQ(request.query("prefix"), "a/b");
  EXPECT_EQ(request.query("limit"), "3");
  EXPECT_EQ(request.query("flag"), "");
  EXPECT_EQ(request.query("missing"), "");
}

}  // namespace
}  // namespace edgewise::net
