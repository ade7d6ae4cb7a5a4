#include "site/entry.h"

#include <gtest/gtest.h>

namespace edgewise::site {

TEST(Entry, AScoredRowReadsBackAsItWas) {
  ScoredEntry entry{LineageId::Random(),   Digest::Of("model"),     Digest::Of("layout"), {123}, 0.25,
                    R"({"carrier":"UA"})", {{1.5F, -2}, {"UA", ""}}};
  const auto back = std::get<ScoredEntry>(Decode(Encode(entry)).value());
  EXPECT_EQ(back.lineage, entry.lineage);
  EXPECT_EQ(back.model, entry.model);
  EXPECT_EQ(back.layout, entry.layout);
  EXPECT_EQ(back.scored_at, entry.scored_at);
  EXPECT_EQ(back.score, entry.score);
  EXPECT_EQ(back.request, entry.request);
  EXPECT_EQ(back.sample, entry.sample);
}

TEST(Entry, EveryCutAndEveryTailIsRefused) {
  const std::string bytes = Encode(RecordsEntry{"landing", "{}\n"});
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(Decode(bytes.substr(0, size))) << size;
  EXPECT_FALSE(Decode(bytes + "x"));
  EXPECT_FALSE(Decode("\x7f"));
}

}  // namespace edgewise::site
