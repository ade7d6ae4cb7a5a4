#include "site/made_site_test.h"
#include "site/made_wire_test.h"

namespace edgewise::site::test {
namespace {

/// A site with an input of each kind, spoken to as applications that do not know it.
class InputsSiteTest : public SiteTest {
 protected:
  Site::Options Made() override {
    auto options = SiteTest::Made();
    TapOptions tap;
    tap.name = "orders";
    tap.listen = "127.0.0.1:0";
    tap.upstream = application_.address();
    tap.model = "late";
    for (const auto* field : {"name=/order/customer", "due=/order/due", "amount=/sum", "time=/at"})
      tap.fields.push_back(TapFieldFromText(field).value());
    tap.wait = std::chrono::minutes(10);
    options.inputs.taps = {tap};
    return options;
  }
  Application application_;
};

TEST_F(InputsSiteTest, ATappedRequestIsScoredJournaledAndLabelledLikeAPostedOne) {
  WaitUntilLive();
  const auto body = fmt::format(R"({{"order":{{"customer":"A","due":"{}"}},"sum":0.5,"at":"{}"}})", At(60), At(0));
  const auto request = fmt::format("POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
  const Wire client(site_->tap_addresses().at(0).second);
  client.Send(request);
  const auto served = application_.Accept();
  EXPECT_EQ(served.Read(request.size()), request);
  served.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
  served.EndSending();
  const auto reply = client.ReadAll();
  EXPECT_NE(reply.find("\r\nX-Edgewise-Model: " + kModel.ToString() + "\r\n"), std::string::npos) << reply;
  EXPECT_TRUE(reply.ends_with("\r\n\r\ndone")) << reply;
  const auto at = reply.find("X-Edgewise-Lineage: ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(Post("/labels", fmt::format(R"({{"lineage":"{}","label":1,"time":"{}"}})", reply.substr(at + 20, 32), At(90))).status, 200);
  ASSERT_EQ(Post("/relay/flush", "").status, 200);
  EXPECT_EQ(StoredSamples(), 1U);
  EXPECT_EQ(Status()["scored"], 1);
}

}  // namespace
}  // namespace edgewise::site::test
