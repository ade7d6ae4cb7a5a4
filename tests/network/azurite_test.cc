// The promises of store.h on Azurite: EDGEWISE_AZURE_ACCOUNT is "http://127.0.0.1:PORT/ACCOUNT?SAS" (tests/network/azurite.py sets it).
#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>

#include "net/web_client.h"
#include "store/blob_store.h"
#include "store/conformance_test.h"

namespace edgewise::store {
namespace {

/// A container of its own for each test.
std::string NewContainer() {
  static int made = 0;
  const auto* account = std::getenv("EDGEWISE_AZURE_ACCOUNT");
  if (account == nullptr) throw std::runtime_error("tests/network/azurite.py starts this test, and says where Azurite is");
  std::string url = account;
  url.insert(url.find('?'), fmt::format("/conformance-{}", ++made));
  const auto path = url.find('/', 7);
  net::WebClient client(url.substr(0, path));
  const auto answer = client.Send(
      {.method = "PUT", .target = url.substr(path) + "&restype=container", .headers = {{"x-ms-version", "2021-12-02"}}, .body = {}},
      Deadline::After(std::chrono::seconds(30)));
  EXPECT_TRUE(answer && answer->status == 201) << (answer ? answer->body : answer.error().message);
  return url;
}

struct OnAzurite {
  std::unique_ptr<BlobStore> behind = BlobStore::Open(NewContainer()).value();
  Store& store = *behind;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Azurite, StoreConformance, OnAzurite);

}  // namespace
}  // namespace edgewise::store
