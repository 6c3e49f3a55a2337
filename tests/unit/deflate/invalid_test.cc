// What is no deflate, is damaged, or ends too early.

#include <gtest/gtest.h>

#include "tests/unit/deflate/streams.h"

namespace stagecache::deflate {
namespace {

using namespace test;
using Stop = Decoder::Stop;

Bits fixed_block() {
  return Bits().put(1, 1).put(1, 2);
}

TEST(Deflate, SaysWhatIsNoBlock) {
  const auto literals = lengths(257, {{'a', 1}, {256, 1}}), distances = lengths(1, {{0, 1}});
  std::vector<unsigned> with_16(15, 4);  // 0 to 14 and 16.
  with_16.push_back(0);
  with_16.push_back(4);
  auto repeats_first = literals;
  repeats_first[0] = 16;
  auto repeats_past_the_end = distances;
  repeats_past_the_end[0] = 16;
  const struct {
    const char* what;
    Bits bits;
  } cases[] = {
      {"block type 3", Bits().put(1, 1).put(3, 2)},
      {"LEN is not NLEN", Bits().put(1, 1).put(0, 2).put(0, 5).put(5, 16).put(5, 16)},
      {"287 literals", dynamic({lengths(287, {{'a', 1}, {256, 1}}), distances})},
      {"31 distances", dynamic({literals, lengths(31, {{0, 1}, {1, 1}})})},
      {"no code for lengths", dynamic({literals, distances, lengths(19, {})})},
      {"a code for lengths that is not full", dynamic({literals, distances, {2, 2, 2}})},
      {"a code for lengths that is too full", dynamic({literals, distances, {1, 1, 1}})},
      {"repeats the length before the first", dynamic({repeats_first, distances, with_16})},
      {"repeats a length past the last", dynamic({literals, repeats_past_the_end, with_16})},
      {"no end of block", dynamic({lengths(257, {{'a', 1}, {'b', 1}}), distances})},
      {"no literals at all", dynamic({lengths(257, {}), distances})},
      {"literals that are not full", dynamic({lengths(257, {{'a', 2}, {256, 2}}), distances})},
      {"one literal of two bits", dynamic({lengths(257, {{256, 2}}), distances})},
      {"too many literals", dynamic({lengths(257, {{'a', 1}, {'b', 1}, {256, 1}}), distances})},
      {"distances that are not full", dynamic({literals, lengths(2, {{0, 2}, {1, 2}})})},
      {"one distance of two bits", dynamic({literals, lengths(1, {{0, 2}})})},
      {"too many distances", dynamic({literals, lengths(3, {{0, 1}, {1, 1}, {2, 1}})})},
  };
  for (auto [what, bits] : cases) {
    for (int i = 0; i < 2 * 1024; ++i) bits.put(0, 8);  // Nothing is missing.
    Decoder decoder;
    Tokens tokens;

    const auto reached = decoder.decode(bits.bytes(), {.from = 0, .target = ~0ull}, tokens);

    EXPECT_EQ(reached.stop, Stop::Invalid) << what;
    EXPECT_EQ(reached.bit, 0u) << what;
    EXPECT_EQ(tokens, Tokens{}) << what;
    EXPECT_EQ(inflated(bits.bytes()).stop, Stop::Invalid) << what;
  }
}

/// Each behind a byte of text, and behind more than a window.
TEST(Deflate, SaysWhichTokenIsNone) {
  const std::vector<unsigned> alone = lengths(258, {{'a', 1}, {256, 2}, {257, 2}});
  const auto only_end = dynamic({lengths(257, {{256, 1}}), lengths(1, {})});
  const auto one_distance = dynamic({alone, lengths(1, {{0, 1}})});
  const auto no_distance = dynamic({alone, lengths(1, {})});
  const struct {
    const char* what;
    Bits block;
    unsigned a, a_bits;  // The literal 'a', the token.
    unsigned token, token_bits;
  } cases[] = {
      {"literal symbol 286", fixed_block(), 0x30 + 'a', 8, 0xc6, 8},
      {"literal symbol 287", fixed_block(), 0x30 + 'a', 8, 0xc7, 8},
      {"distance symbol 30", fixed_block(), 0x30 + 'a', 8, 1 << 5 | 30, 12},
      {"distance symbol 31", fixed_block(), 0x30 + 'a', 8, 1 << 5 | 31, 12},
      {"the other code of one distance", one_distance, 0, 1, 3 << 1 | 1, 3},
      {"a match without distances", no_distance, 0, 1, 3 << 1 | 0, 3},
  };
  for (const auto& each : cases) {
    for (const int text : {1, 70'000}) {
      Bits bits = each.block;
      for (int i = 0; i < text; ++i) bits.code(each.a, each.a_bits);
      const std::uint64_t place = bits.bits();
      bits.code(each.token, each.token_bits);
      for (int i = 0; i < 1024; ++i) bits.put(0, 8);
      Decoder decoder;
      Tokens tokens;

      const auto reached = decoder.decode(bits.bytes(), {.from = 0, .target = ~0ull}, tokens);

      EXPECT_EQ(reached.stop, Stop::Invalid) << each.what;
      EXPECT_EQ(reached.bit, place) << each.what;
      EXPECT_EQ(tokens.literals.size(), static_cast<std::size_t>(text)) << each.what;
      EXPECT_EQ(inflated(bits.bytes()).stop, Stop::Invalid) << each.what;
    }
  }
}

TEST(Deflate, SaysThatADistanceGoesBeforeTheFirstByte) {
  Bits bits = fixed_block();
  bits.code(0x30 + 'a', 8).code(1, 7).code(1, 5).code(0, 7);

  const Rewritten again = rewrite(bits.bytes(), 0, 1 << 20);

  EXPECT_EQ(again.stop, Stop::Invalid);
  EXPECT_EQ(again.bits, 11u);
}

TEST(Deflate, ReportsATruncatedStreamAndKeepsWhatCame) {
  const auto stream = deflated(some_text(6'000), {6, Z_DEFAULT_STRATEGY, 8, Z_NO_FLUSH});
  for (std::size_t size = 1; size < stream.size(); ++size) {
    const auto part = std::span(stream).first(size);

    const Rewritten again = rewrite(part, 0, 5000);

    ASSERT_EQ(again.stop, Stop::NeedsInput) << size;
    const std::size_t whole = again.bits / 8;
    ASSERT_TRUE(std::equal(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(whole),
                           again.bytes.begin()));
  }
}

TEST(Deflate, StaysWhereAStreamBecameInvalid) {
  const Bits bits = Bits().put(1, 1).put(3, 2).put(0, 32);
  Decoder decoder;
  Tokens tokens;
  (void)decoder.decode(bits.bytes(), {.from = 0, .target = 100}, tokens);

  EXPECT_EQ(decoder.decode(bits.bytes(), {.from = 0, .target = 100}, tokens).stop, Stop::Invalid);
}

/// Whatever zlib says of a damaged stream, and what was decoded comes back as it was.
TEST(Deflate, AgreesWithZlibAboutDamagedStreams) {
  std::mt19937 random(11);
  int ended = 0, invalid = 0;
  for (int i = 0; i < 700; ++i) {
    const Setting setting = settings()[random() % settings().size()];
    auto damaged = deflated(some_text(i % 10 == 0 ? 60'000 : 1'000), setting);
    damaged[random() % damaged.size()] ^= static_cast<std::byte>(1u << random() % 8);
    damaged.resize(damaged.size() + kSlackBytes);
    Decoder decoder;
    Tokens tokens;

    const auto reached = decoder.decode(damaged, {.from = 0, .target = ~0ull}, tokens);

    const Inflated expected = inflated(damaged);
    ASSERT_EQ(reached.stop, expected.stop) << i;
    ASSERT_EQ(text_of(tokens), expected.text) << i;
    if (reached.stop == Stop::EndOfStream) {
      ASSERT_EQ((reached.bit + 7) / 8, expected.bytes) << i;
    }
    (reached.stop == Stop::EndOfStream ? ended : invalid) += 1;
    const Rewritten again = rewrite(damaged, 0, 3000);
    const auto whole = static_cast<std::ptrdiff_t>(again.bits / 8);
    ASSERT_TRUE(std::equal(damaged.begin(), damaged.begin() + whole, again.bytes.begin()));
  }
  EXPECT_GT(ended, 20);
  EXPECT_GT(invalid, 20);
}

}  // namespace
}  // namespace stagecache::deflate
