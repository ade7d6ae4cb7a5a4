#include "fetch_model.h"

#include <gmock/gmock.h>

#include "package/image.h"
#include "registry/fake_image_store.h"
#include "registry/server.h"
#include "registry/transfer.h"

namespace edgewise::test {
namespace {

struct RegistryRig {
  registry::FakeImageStore images;
  registry::Server server{images};
  net::Router router;
  std::unique_ptr<net::HttpServer> http = [this] {
    server.AddRoutes(router);
    return net::HttpServer::Start({{"127.0.0.1:0"}}, router, {}).value();
  }();

  /// The reference of an image of these files.
  std::string Push(const std::vector<package::File>& files) {
    const auto image = package::BuildImage("delay", files, {}).value();
    EXPECT_TRUE(registry::PushImage(images, "models/delay", image, "1", Deadline::After(std::chrono::seconds(30))));
    return http->addresses().at(0) + "/models/delay@" + image.digest.ToString();
  }
};

TEST(FetchModel, BringsTheFilesOfAnImage) {
  RegistryRig rig;
  const auto model = FetchModel(rig.Push({{"model.onnx", "onnx"}, {"model.json", "{}"}}));
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->onnx, "onnx");
  EXPECT_EQ(model->card, "{}");
  const auto other = FetchModel(rig.Push({{"readme.txt", "no model"}}));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, testing::HasSubstr("no model.onnx"));
}

TEST(FetchModel, TakesADigestAndNothingElse) {
  for (const auto* reference :
       {"", "delay", "127.0.0.1:5000/delay:latest", "/delay@sha256:aa", "127.0.0.1:5000/@sha256:aa", "@sha256:aa/delay"}) {
    const auto model = FetchModel(reference);
    ASSERT_FALSE(model) << reference;
    EXPECT_EQ(model.error().code, Code::kInvalidArgument) << reference;
  }
}

}  // namespace
}  // namespace edgewise::test
