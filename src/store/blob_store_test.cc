#include "store/blob_store.h"

#include <fmt/format.h>

#include "store/conformance_test.h"
#include "store/detail/blob_list.h"
#include "store/fake_blob_server.h"

namespace edgewise::store {
namespace {

using Names = std::vector<std::string>;

const Deadline kSoon = Deadline::After(std::chrono::seconds(60));

std::unique_ptr<BlobStore> Open(const std::string& url) { return BlobStore::Open(url).value(); }

TEST(BlobStore, ReadsOnFromThePageThatHoldsTheName) {
  FakeBlobServer server;
  const auto store = Open(server.Url());
  for (int i = 10; i < 40; ++i) ASSERT_TRUE(store->Put(fmt::format("s/{}", i), Bytes("x"), kSoon));
  const auto before = server.requests();
  EXPECT_EQ(*store->List("s/", "s/36", 10, kSoon), (Names{"s/37", "s/38", "s/39"}));
  EXPECT_EQ(server.requests() - before, 10u) << "pages of three names";
  EXPECT_EQ(*store->List("s/", "s/37", 10, kSoon), (Names{"s/38", "s/39"}));
  EXPECT_EQ(server.requests() - before, 11u);
}

TEST(BlobStore, ANameThatComesBetweenTwoPagesIsFound) {
  FakeBlobServer server;
  const auto store = Open(server.Url());
  for (const auto* name : {"s/1", "s/2", "s/3", "s/5", "s/6"}) ASSERT_TRUE(store->Put(name, Bytes("x"), kSoon));
  EXPECT_EQ(*store->List("s/", "s/3", 10, kSoon), (Names{"s/5", "s/6"}));
  ASSERT_TRUE(store->Put("s/4", Bytes("x"), kSoon));
  EXPECT_EQ(*store->List("s/", "s/3", 10, kSoon), (Names{"s/4", "s/5", "s/6"}));
}

TEST(BlobStore, ALimitIsKeptAndTheNextCallGoesOn) {
  FakeBlobServer server;
  const auto store = Open(server.Url());
  for (int i = 10; i < 30; ++i) ASSERT_TRUE(store->Put(fmt::format("s/{}", i), Bytes("x"), kSoon));
  Names all;
  for (std::string after;;) {
    const auto some = store->List("s/", after, 7, kSoon).value();
    if (some.empty()) break;
    EXPECT_LE(some.size(), 7u);
    all.insert(all.end(), some.begin(), some.end());
    after = some.back();
  }
  EXPECT_EQ(all.size(), 20u);
  EXPECT_TRUE(std::ranges::is_sorted(all));
}

TEST(BlobStore, TheSecretIsInNoMessage) {
  FakeBlobServer server;
  auto wrong = server.Url();
  wrong.replace(wrong.find("sig="), std::string::npos, "sig=t0psecret");
  const auto refused = Open(wrong)->Put("a", Bytes("x"), kSoon);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kPermissionDenied);
  EXPECT_NE(refused.error().message.find("SAS"), std::string::npos) << refused.error().message;
  const auto nobody = Open("http://127.0.0.1:1/account/container?sig=t0psecret")->Get("a", kSoon);
  EXPECT_EQ(nobody.error().code, Code::kUnavailable);
  const auto url = BlobStore::Open("ftp://host/container?sig=t0psecret");
  EXPECT_EQ(url.error().code, Code::kInvalidArgument);
  for (const auto& error : {refused.error(), nobody.error(), url.error()}) {
    EXPECT_EQ(error.message.find("t0psecret"), std::string::npos) << error.message;
  }
}

TEST(BlobStore, AUrlMustNameAContainer) {
  for (const auto* url :
       {"", "http://", "http:///c", "https://host", "https://host/", "s3://bucket/x", "http://me:word@host/c", "https://host/c#x"}) {
    EXPECT_FALSE(BlobStore::Open(url)) << url;
  }
  EXPECT_EQ(Open("https://a.blob.core.windows.net/c/?sig=x")->Where(), "https://a.blob.core.windows.net/c");
}

TEST(BlobStore, WhatTheServerSaysTellsTheRelayWhatToDo) {
  net::HttpResponse answer;
  const auto server = net::HttpServer::Start({{"127.0.0.1:0"}}, [&](const auto&, const auto& respond) { respond(answer); }, {}).value();
  const auto store = Open(fmt::format("http://{}/account/container", server->addresses().front()));
  const auto expect = [&](int status, const char* reason, Code code) {
    answer = {.status = status, .headers = {{"x-ms-error-code", reason}}, .body = {}};
    const auto put = store->Put("a", Bytes("x"), kSoon);
    ASSERT_FALSE(put) << status;
    EXPECT_EQ(put.error().code, code) << put.error().message;
  };
  expect(409, "BlobAlreadyExists", Code::kAlreadyExists);
  expect(409, "ContainerBeingDeleted", Code::kFailedPrecondition);
  expect(404, "ContainerNotFound", Code::kFailedPrecondition);
  expect(403, "AuthenticationFailed", Code::kPermissionDenied);
  expect(400, "Md5Mismatch", Code::kUnavailable);
  expect(400, "InvalidHeaderValue", Code::kFailedPrecondition);
  expect(413, "RequestBodyTooLarge", Code::kInvalidArgument);  // it alone blames the object, which the relay halves
  expect(429, "TooManyRequests", Code::kUnavailable);
  expect(503, "ServerBusy", Code::kUnavailable);
  expect(503, "\x1b[2Jsig=secret", Code::kUnavailable);
  EXPECT_FALSE(store->Put("a", Bytes("x"), kSoon).error().message.contains("secret")) << "a reason is a word";
  expect(200, "", Code::kUnavailable);  // a captive portal's page is not a 201
  expect(302, "", Code::kUnavailable);
}

TEST(BlobStore, DamageOnTheWayIsFound) {
  const auto server =
      net::HttpServer::Start({{"127.0.0.1:0"}},
                             [](const auto&, const auto& respond) {
                               respond({.status = 200, .headers = {{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}}, .body = "not nothing"});
                             },
                             {})
          .value();
  const auto got = Open(fmt::format("http://{}/account/container", server->addresses().front()))->Get("a", kSoon);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kDataLoss);
}

TEST(BlobList, WhatIsNoListIsRefused) {
  std::string deep;
  for (int i = 0; i < 200000; ++i) deep += "<a>";
  const std::string laughs =
      "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
      "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
      "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>]><EnumerationResults>&e;&e;&e;&e;&e;&e;&e;</EnumerationResults>";
  for (const std::string& text : {std::string(), std::string("<html><body>Please log in</body></html>"), std::string("{}"),
                                  std::string("<EnumerationResults><Blobs><Blob><Name>a</Na"), deep, laughs}) {
    const auto list = detail::ParseBlobList(text);
    ASSERT_FALSE(list) << text.substr(0, 80);
    EXPECT_EQ(list.error().code, Code::kUnavailable);
  }
}

TEST(BlobList, NamesFoldersAndMarkerAreRead) {
  const auto list = detail::ParseBlobList(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Prefix>s/</Prefix><Blobs><Blob><Name>s/a&amp;b</Name><Properties>"
      "<Name>no</Name></Properties></Blob><BlobPrefix><Name>s/c/</Name></BlobPrefix></Blobs><NextMarker>2!8</NextMarker></"
      "EnumerationResults>");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->names, Names{"s/a&b"});
  EXPECT_EQ(list->folders, Names{"s/c/"});
  EXPECT_EQ(list->next_marker, "2!8");
}

}  // namespace
}  // namespace edgewise::store
