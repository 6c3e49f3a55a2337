#include "src/store/keys.h"

#include <gtest/gtest.h>

namespace stagecache::store {
namespace {

using std::string_literals::operator""s;

TEST(ContentKey, IsTheIdAndTheChunkBigEndian) {
  EXPECT_EQ(content_key({0x0102030405060708, 0x090a0b0c}), "\1\2\3\4\5\6\7\10\11\12\13\14"s);
}

TEST(ContentKey, ComesBackFromItsBytes) {
  for (const ChunkKey key : {ChunkKey{0, 0}, ChunkKey{1, 31}, ChunkKey{~0ull, ~0u}})
    EXPECT_EQ(parse_content_key(content_key(key)), key);
}

TEST(ContentKey, OrdersAContentsChunksTogether) {
  EXPECT_LT(content_key({1, 255}), content_key({1, 256}));
  EXPECT_LT(content_key({1, ~0u}), content_key({2, 0}));
  EXPECT_LT(content_key({255, 0}), content_key({256, 0}));
}

TEST(ContentKey, IsNothingOfAnotherLength) {
  EXPECT_EQ(parse_content_key(""), std::nullopt);
  EXPECT_EQ(parse_content_key(std::string(11, '\0')), std::nullopt);
  EXPECT_EQ(parse_content_key(std::string(13, '\0')), std::nullopt);
}

TEST(CatalogKey, IsAPrefixAndWhatTheRecordIsAbout) {
  EXPECT_EQ(catalog_key(kArtifactPrefix, Sha256{}), "a/" + std::string(64, '0'));
  EXPECT_EQ(catalog_key(kSourcePrefix, "host/x"), "s/host/x");
  EXPECT_EQ(catalog_key(kFillPrefix, ContentId{0xabc}), "f/0000000000000abc");
}

}  // namespace
}  // namespace stagecache::store
