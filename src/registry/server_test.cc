#include "registry/server.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "registry/fake_image_store.h"

namespace edgewise::registry {
namespace {

/// The server without a socket.
class ServerTest : public testing::Test {
 protected:
  void SetUp() override { server_.AddRoutes(router_); }
  net::HttpResponse Ask(std::string method, std::string target, std::string body = "", std::vector<net::Header> headers = {}) {
    net::HttpResponse got;
    router_({std::move(method), std::move(target), std::move(headers), std::move(body)},
            [&](net::HttpResponse answer) { got = std::move(answer); });
    return got;
  }
  static std::string CodeIn(const net::HttpResponse& answer) { return nlohmann::json::parse(answer.body)["errors"][0]["code"]; }

  FakeImageStore store_;
  Server server_{store_, 2};
  net::Router router_;
};

TEST_F(ServerTest, SaysThatItSpeaksTheProtocol) { EXPECT_EQ(Ask("GET", "/v2/").status, 200); }

TEST_F(ServerTest, TakesABlobInPieces) {
  const std::string location(Ask("POST", "/v2/a/blobs/uploads/").header("Location"));
  EXPECT_EQ(Ask("PATCH", location, "he", {{"Content-Range", "0-1"}}).status, 202);
  EXPECT_EQ(Ask("PATCH", location, "xx", {{"Content-Range", "7-8"}}).status, 416);
  EXPECT_EQ(Ask("PATCH", location, "ll", {{"Content-Range", "2-3"}}).header("Range"), "0-3");
  const auto digest = Digest::Of("hello").ToString();
  EXPECT_EQ(Ask("PUT", location + "?digest=" + digest, "o").status, 201);
  EXPECT_EQ(Ask("GET", "/v2/a/blobs/" + digest).body, "hello");
  EXPECT_EQ(Ask("PUT", location + "?digest=" + digest, "o").status, 404) << "an upload ends once";
}

TEST_F(ServerTest, TakesABlobInOneRequest) {
  const auto digest = Digest::Of("hello").ToString();
  EXPECT_EQ(Ask("POST", "/v2/a/b/blobs/uploads/?digest=" + digest, "hello").status, 201);
  EXPECT_EQ(Ask("HEAD", "/v2/a/b/blobs/" + digest).header("Docker-Content-Digest"), digest);
}

TEST_F(ServerTest, AnswersErrorsInTheSpecificationsForm) {
  EXPECT_EQ(CodeIn(Ask("GET", "/v2/a/manifests/none")), "MANIFEST_UNKNOWN");
  EXPECT_EQ(CodeIn(Ask("GET", "/v2/a/blobs/" + Digest::Of("x").ToString())), "BLOB_UNKNOWN");
  EXPECT_EQ(CodeIn(Ask("GET", "/v2/a/blobs/sha256:short")), "DIGEST_INVALID");
  EXPECT_EQ(CodeIn(Ask("GET", "/v2/UPPER/manifests/x")), "NAME_INVALID");
  EXPECT_EQ(CodeIn(Ask("PUT", "/v2/a/manifests/x", "no json")), "MANIFEST_INVALID");
  EXPECT_EQ(CodeIn(Ask("GET", "/v2/nobody/tags/list")), "NAME_UNKNOWN");
  EXPECT_EQ(Ask("DELETE", "/v2/a/manifests/x").status, 405);
}

TEST_F(ServerTest, KeepsOnlySoManyUploadsOpen) {
  const std::string oldest(Ask("POST", "/v2/a/blobs/uploads/").header("Location"));
  (void)Ask("POST", "/v2/a/blobs/uploads/");
  (void)Ask("POST", "/v2/a/blobs/uploads/");
  EXPECT_EQ(Ask("PATCH", oldest, "x").status, 404);
}

TEST_F(ServerTest, UploadsTogetherHoldOnlySoManyBytes) {
  Server server(store_, 4, 100);
  net::Router router;
  server.AddRoutes(router);
  std::swap(router, router_);
  const std::string one(Ask("POST", "/v2/a/blobs/uploads/").header("Location"));
  const std::string two(Ask("POST", "/v2/a/blobs/uploads/").header("Location"));
  EXPECT_EQ(Ask("PATCH", one, std::string(60, 'x')).status, 202);
  EXPECT_EQ(Ask("PATCH", two, std::string(40, 'x')).status, 202);
  const auto over = Ask("PATCH", two, "x");
  EXPECT_EQ(over.status, 413);
  EXPECT_EQ(CodeIn(over), "SIZE_INVALID");
  EXPECT_EQ(Ask("PATCH", two, "").status, 404) << "it has given its bytes back";
  EXPECT_EQ(Ask("PATCH", one, std::string(40, 'x')).status, 202);
  EXPECT_EQ(Ask("PUT", one + "?digest=" + Digest::Of(std::string(100, 'x')).ToString()).status, 201);
  std::swap(router, router_);
}

TEST_F(ServerTest, ListsTagsInPages) {
  for (const auto* tag : {"c", "a", "b"}) ASSERT_EQ(Ask("PUT", std::string("/v2/a/manifests/") + tag, "{}").status, 201);
  const auto first = Ask("GET", "/v2/a/tags/list?n=2");
  EXPECT_EQ(nlohmann::json::parse(first.body)["tags"], (std::vector<std::string>{"a", "b"}));
  EXPECT_NE(first.header("Link").find("last=b"), std::string_view::npos);
  EXPECT_EQ(nlohmann::json::parse(Ask("GET", "/v2/a/tags/list?n=2&last=b").body)["tags"], std::vector<std::string>{"c"});
}

}  // namespace
}  // namespace edgewise::registry
