#include "registry/image_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "base/lineage_id.h"
#include "package/image.h"
#include "registry/directory_image_store.h"
#include "registry/fake_image_store.h"
#include "registry/http_image_store.h"
#include "registry/server.h"
#include "registry/transfer.h"

namespace edgewise::registry {
namespace {

const Deadline kSoon = Deadline::After(std::chrono::minutes(2));
constexpr const char* kName = "models/delay";

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("edgewise-registry-" + LineageId::Random().ToString());
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

struct InFolder {
  Folder folder;
  DirectoryImageStore store{folder.path, SystemFiles()};
};
struct InMemory {
  FakeImageStore store;
};
/// Our client against our server: the same promises must hold over HTTP.
struct OverHttp {
  Folder folder;
  DirectoryImageStore behind{folder.path, SystemFiles()};
  Server server{behind};
  net::Router router;
  std::unique_ptr<net::HttpServer> http = [this] {
    server.AddRoutes(router);
    return net::HttpServer::Start({{"127.0.0.1:0"}}, router, {}).value();
  }();
  HttpImageStore store{net::Address{http->addresses().at(0)}};
};

package::Image Made(std::string_view content = "onnx") {
  return package::BuildImage("delay", {{"model.onnx", std::string(content)}, {"model.json", "{}"}}, {}).value();
}

template <class T>
class ImageStoreConformance : public testing::Test {
 protected:
  T made_;
  ImageStore& store_ = made_.store;
};
using Stores = testing::Types<InFolder, InMemory, OverHttp>;
TYPED_TEST_SUITE(ImageStoreConformance, Stores);

TYPED_TEST(ImageStoreConformance, WhatWasPushedIsPulledByTagAndByDigest) {
  const auto image = Made();
  ASSERT_TRUE(PushImage(this->store_, kName, image, "2013-04", kSoon));
  for (const auto& reference : {std::string("2013-04"), image.digest.ToString()}) {
    const auto pulled = PullImage(this->store_, kName, reference, kSoon);
    ASSERT_TRUE(pulled) << pulled.error().message;
    EXPECT_EQ(pulled->digest, image.digest);
    EXPECT_EQ(pulled->manifest, image.manifest);
    EXPECT_EQ(package::ReadImage(*pulled).value().size(), 2U);
  }
}

TYPED_TEST(ImageStoreConformance, ATagMovesAndTheOldDigestStays) {
  const auto first = Made("one");
  const auto second = Made("two");
  ASSERT_TRUE(PushImage(this->store_, kName, first, "latest", kSoon));
  ASSERT_TRUE(PushImage(this->store_, kName, second, "latest", kSoon));
  EXPECT_EQ(PullImage(this->store_, kName, "latest", kSoon).value().digest, second.digest);
  EXPECT_TRUE(PullImage(this->store_, kName, first.digest.ToString(), kSoon));
  EXPECT_EQ(this->store_.Tags(kName, kSoon).value(), std::vector<std::string>{"latest"});
}

TYPED_TEST(ImageStoreConformance, RefusesBytesThatDoNotFitTheirDigest) {
  const auto put = this->store_.PutBlob(kName, Digest::Of("other"), "bytes", kSoon);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::kInvalidArgument);
  EXPECT_FALSE(this->store_.HasBlob(kName, Digest::Of("other"), kSoon).value());
}

TYPED_TEST(ImageStoreConformance, RefusesAManifestWhoseBlobsAreMissing) {
  const auto image = Made();
  const auto put = this->store_.PutManifest(kName, "tag", image.manifest, package::kManifestMediaType, kSoon);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::kInvalidArgument);
  EXPECT_EQ(this->store_.GetManifest(kName, "tag", kSoon).error().code, Code::kNotFound);
}

TYPED_TEST(ImageStoreConformance, SaysWhatIsNotThereAndWhatIsNoName) {
  EXPECT_EQ(this->store_.GetBlob(kName, Digest::Of("x"), kSoon).error().code, Code::kNotFound);
  EXPECT_EQ(this->store_.GetManifest(kName, "nothing", kSoon).error().code, Code::kNotFound);
  EXPECT_EQ(this->store_.Tags("nobody/here", kSoon).error().code, Code::kNotFound);
  for (const auto* name : {"", "UPPER", "../up", "a//b", "a/../b"}) {
    EXPECT_EQ(this->store_.PutBlob(name, Digest::Of("x"), "x", kSoon).error().code, Code::kInvalidArgument) << name;
  }
}

TEST(HttpImageStore, AsksForABlobWithoutReadingIt) {
  FakeImageStore behind;
  Server server(behind);
  net::Router router;
  server.AddRoutes(router);
  std::atomic<int> reads = 0;
  const auto http = net::HttpServer::Start({{"127.0.0.1:0"}},
                                           [&](net::HttpRequest request, net::Responder respond) {
                                             if (request.method == "GET") ++reads;
                                             router(std::move(request), std::move(respond));
                                           },
                                           {})
                        .value();
  HttpImageStore store{net::Address{http->addresses().at(0)}};
  const std::string blob(1 << 20, 'x');
  ASSERT_TRUE(store.PutBlob(kName, Digest::Of(blob), blob, kSoon));
  EXPECT_TRUE(store.HasBlob(kName, Digest::Of(blob), kSoon).value());
  EXPECT_FALSE(store.HasBlob(kName, Digest::Of("other"), kSoon).value());
  EXPECT_EQ(reads, 0);
  EXPECT_EQ(store.GetBlob(kName, Digest::Of(blob), kSoon).value(), blob) << "the connection goes on after answers without a body";
  EXPECT_EQ(reads, 1);
}

TEST(DirectoryImageStore, DoesNotHandOutADamagedBlob) {
  InFolder made;
  ASSERT_TRUE(made.store.PutBlob(kName, Digest::Of("bytes"), "bytes", kSoon));
  ASSERT_TRUE(SystemFiles().ReplaceDurably(made.folder.path / "blobs" / "sha256" / Digest::Of("bytes").Hex(), "bytez"));
  EXPECT_EQ(made.store.GetBlob(kName, Digest::Of("bytes"), kSoon).error().code, Code::kDataLoss);
}

TEST(DirectoryImageStore, WhatAKilledPushLeftIsNoTag) {
  InFolder made;
  ASSERT_TRUE(PushImage(made.store, kName, Made(), "1", kSoon));
  ASSERT_TRUE(SystemFiles().CreateDurably(made.folder.path / "repositories" / kName / "_tags" / "2.tmp-a1B2c3", "half"));
  EXPECT_EQ(made.store.Tags(kName, kSoon).value(), std::vector<std::string>{"1"});
}

TEST(FakeImageStore, FailsOnceWhenToldAndAPushCanBeRepeated) {
  FakeImageStore store;
  store.FailNext({Code::kUnavailable, "planted"});
  EXPECT_FALSE(PushImage(store, kName, Made(), "tag", kSoon));
  EXPECT_TRUE(PushImage(store, kName, Made(), "tag", kSoon));
}

TEST(HttpImageStore, ARegistryThatAnswersAnythingIsAnErrorAndNoEnd) {
  std::string body;
  const auto odd =
      net::HttpServer::Start({{"127.0.0.1:0"}}, [&](const auto&, const auto& respond) { respond(net::HttpResponse::Json(500, body)); }, {});
  HttpImageStore store(net::Address{(*odd)->addresses().at(0)});
  for (const auto* words :
       {R"({"errors":["x"]})", R"({"errors":[{"message":5}]})", R"({"errors":[[]]})", R"({"errors":{}})", "[]", "x", ""}) {
    body = words;
    const auto got = store.GetManifest(kName, "tag", kSoon);
    ASSERT_FALSE(got) << words;
    EXPECT_EQ(got.error().message, "the registry answered 500") << words;
  }
  body = R"({"errors":[{"code":"X","message":"no room"}]})";
  EXPECT_EQ(store.GetManifest(kName, "tag", kSoon).error().message, "the registry answered 500: no room");
}

TEST(HttpImageStore, AnUploadThatGoesOnNowhereIsAnErrorAndNoEnd) {
  std::string location;
  const auto odd = net::HttpServer::Start({{"127.0.0.1:0"}},
                                          [&](const net::HttpRequest& request, const net::Responder& respond) {
                                            const bool begins = request.method == "POST";
                                            const bool known = request.path() == "/elsewhere" || request.path() == "/";
                                            auto answer = net::HttpResponse::Text(begins ? 202 : known ? 201 : 404, "");
                                            if (begins) answer.headers.push_back({"Location", location});
                                            respond(std::move(answer));
                                          },
                                          {});
  HttpImageStore store(net::Address{(*odd)->addresses().at(0)});
  for (const auto* words : {"http://elsewhere", "http://", "://", "elsewhere", ""}) {
    location = words;
    const auto put = store.PutBlob(kName, Digest::Of("x"), "x", kSoon);
    ASSERT_FALSE(put) << words;
    EXPECT_EQ(put.error().code, Code::kUnavailable) << words;
  }
  for (const auto* words : {"http://elsewhere/elsewhere?state=1", "/elsewhere", "http://elsewhere/"}) {
    location = words;
    EXPECT_TRUE(store.PutBlob(kName, Digest::Of("x"), "x", kSoon)) << words;
  }
}

TEST(Server, AnotherClientCanPullAndPush) {
  if (std::system("command -v skopeo >/dev/null 2>&1") != 0) GTEST_SKIP() << "skopeo is not installed";
  OverHttp made;
  ASSERT_TRUE(PushImage(made.store, kName, Made(), "1", kSoon));
  const auto base = fmt::format("docker://{}/{}", made.http->addresses().at(0), kName);
  const auto copy = [](const std::string& from, const std::string& to) {
    return std::system(
        fmt::format("skopeo --insecure-policy copy -q --src-tls-verify=false --dest-tls-verify=false {} {}", from, to).c_str());
  };
  const auto layout = fmt::format("oci:{}:1", (made.folder.path / "layout").string());
  EXPECT_EQ(copy(base + ":1", layout), 0);
  EXPECT_EQ(copy(layout, base + ":2"), 0);
  EXPECT_EQ(PullImage(made.store, kName, "2", kSoon).value().digest, Made().digest);
}

}  // namespace
}  // namespace edgewise::registry
