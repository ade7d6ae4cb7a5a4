#include "base/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/lineage_id.h"

namespace edgewise {

TEST(Digest, IsSha256AsOciWritesIt) {
  EXPECT_EQ(Digest::Of("{}").ToString(), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  EXPECT_EQ(Digest::Parse(Digest::Of("abc").ToString()).value(), Digest::Of("abc"));
}

TEST(Digest, RefusesAnythingThatIsNotItsOwnForm) {
  const std::string hex = Digest::Of("abc").Hex();
  const std::vector<std::string> bad = {
      "", "sha256:", "sha256:../..", "sha512:" + hex, "sha256:" + hex + "\n", hex, "sha256:" + std::string(64, 'A')};
  for (const std::string& text : bad) EXPECT_EQ(Digest::Parse(text).error().code, Code::kInvalidArgument) << text;
}

TEST(Hmac, AgreesWithRfc4231Case2) {
  EXPECT_EQ(Hmac("Jefe", "what do ya want for nothing?").Hex(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(LineageId, IsRandomAndReadsBack) {
  const LineageId id = LineageId::Random();
  EXPECT_NE(id, LineageId::Random());
  EXPECT_EQ(LineageId::Parse(id.ToString()).value(), id);
  EXPECT_FALSE(LineageId::Parse(std::string(32, '0')));
}

}  // namespace edgewise
