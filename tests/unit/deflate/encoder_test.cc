// Tokens from a damaged disk.

#include <gtest/gtest.h>

#include "tests/unit/deflate/streams.h"

namespace stagecache::deflate {
namespace {

using namespace test;
using Stop = Decoder::Stop;

TEST(Deflate, RefusesTokensThatDoNotFitTogether) {
  const auto stream = deflated(some_text(20'000), {6, Z_DEFAULT_STRATEGY, 1, Z_NO_FLUSH});
  Decoder decoder;
  Tokens good;
  (void)decoder.decode(stream, {.from = 0, .target = ~0ull}, good);
  const auto refused = [&](auto damage) {
    Tokens bad = good;
    damage(bad);
    std::vector<std::byte> out;
    const auto rest = encode(bad, {}, 1 << 20, out);
    return !rest && rest.error().code == ErrorCode::Corrupt && out.empty();
  };

  EXPECT_TRUE(refused([](Tokens& t) { t.literals.pop_back(); }));
  EXPECT_TRUE(refused([](Tokens& t) { t.literals.push_back({}); }));
  EXPECT_TRUE(refused([](Tokens& t) { t.runs.pop_back(); }));
  EXPECT_TRUE(refused([](Tokens& t) { t.runs.push_back({}); }));
  EXPECT_TRUE(refused([](Tokens& t) { t.runs.back() |= std::byte{0x80}; }));
  EXPECT_TRUE(refused([](Tokens& t) { t.lengths.pop_back(); }));
  EXPECT_TRUE(refused([](Tokens& t) { t.distances[1] = std::byte{0xff}; }));
  EXPECT_TRUE(refused([](Tokens& t) { t.long_258.push_back(1 << 30); }));
  EXPECT_TRUE(refused([](Tokens& t) { ++t.blocks[0].tokens; }));
  EXPECT_TRUE(refused([](Tokens& t) { --t.blocks[0].header_bits; }));
  EXPECT_TRUE(refused([](Tokens& t) { t.blocks[0].header_offset = t.headers.size(); }));
  EXPECT_TRUE(refused([](Tokens& t) { t.blocks[0].type = static_cast<BlockType>(3); }));
  EXPECT_TRUE(refused([](Tokens& t) { t.blocks[0].ends = false; }));
  EXPECT_TRUE(refused([](Tokens& t) { t.blocks[0].final = true; }));
  EXPECT_TRUE(refused([](Tokens& t) { t.blocks[1].begins = false; }));
  EXPECT_TRUE(refused([](Tokens& t) { t.blocks.pop_back(); }));
  EXPECT_TRUE(refused([](Tokens& t) { t.distances.push_back({}); }));
  std::vector<std::byte> out;
  EXPECT_FALSE(encode(good, {}, stream.size() / 2, out));
}

TEST(Deflate, RefusesAStoredBlockOfAnotherLength) {
  const auto stream = deflated("four", {0, Z_DEFAULT_STRATEGY, 8, Z_NO_FLUSH});
  Decoder decoder;
  Tokens tokens;
  (void)decoder.decode(stream, {.from = 0, .target = ~0ull}, tokens);
  std::vector<std::byte> out;
  ASSERT_TRUE(encode(tokens, {}, 100, out));

  tokens.literals.pop_back();
  --tokens.blocks[0].tokens;

  EXPECT_FALSE(encode(tokens, {}, 100, out));
}

TEST(Deflate, WritesNoMoreThanTheLimit) {
  const auto stream = deflated(some_text(90'000), {6, Z_DEFAULT_STRATEGY, 8, Z_NO_FLUSH});
  Decoder decoder;
  Tokens tokens;
  (void)decoder.decode(stream, {.from = 0, .target = ~0ull}, tokens);
  std::vector<std::byte> out(3, std::byte{9});
  const std::uint64_t whole = stream.size();  // The last byte may be a partial one.

  EXPECT_TRUE(encode(tokens, {}, whole, out));
  out.resize(3);
  EXPECT_FALSE(encode(tokens, {}, whole - 2, out));
  EXPECT_EQ(out, std::vector<std::byte>(3, std::byte{9}));
}

/// A few kilobytes that promise terabytes cost nothing.
TEST(Deflate, DoesNotBelieveALongHeader) {
  Tokens tokens;
  tokens.headers.resize(600);
  const Block block{.type = BlockType::Dynamic, .header_bits = 1u << 31};
  tokens.blocks.assign(10'000, block);
  std::vector<std::byte> out;

  EXPECT_FALSE(encode(tokens, {}, 1 << 20, out));
}

/// The memory's and the processor's own checks are in the sanitized builds.
TEST(Deflate, EndsWithOrWithoutDamage) {
  const auto stream = deflated(some_text(5'000), {6, Z_DEFAULT_STRATEGY, 1, Z_SYNC_FLUSH});
  Decoder decoder;
  Tokens good;
  (void)decoder.decode(stream, {.from = 0, .target = ~0ull}, good);
  std::mt19937 random(13);
  for (int i = 0; i < 3'000; ++i) {
    Tokens bad = good;
    std::vector<std::byte>* const streams[] = {&bad.literals, &bad.runs, &bad.lengths,
                                               &bad.distances, &bad.headers};
    auto& damaged = *streams[random() % 5];
    damaged[random() % damaged.size()] ^= static_cast<std::byte>(1u << random() % 8);
    Block& block = bad.blocks[random() % bad.blocks.size()];
    if (i % 3 == 1) block.tokens += random() % 7 - 3;
    if (i % 3 == 2) block.header_offset += random() % 7 - 3;
    std::vector<std::byte> out;

    const auto rest = encode(bad, {}, stream.size() + 100, out);

    EXPECT_LE(out.size(), stream.size() + 100);
    if (!rest) {
      EXPECT_EQ(rest.error().code, ErrorCode::Corrupt);
    }
  }
}

}  // namespace
}  // namespace stagecache::deflate
