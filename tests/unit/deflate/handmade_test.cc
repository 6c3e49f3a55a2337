// Streams that no usual encoder writes, and that zlib reads all the same.

#include <gtest/gtest.h>

#include "tests/unit/deflate/streams.h"

namespace stagecache::deflate {
namespace {

using namespace test;
using Stop = Decoder::Stop;

/// A fixed block: 'a', a match of 258 at distance 1 in both spellings, the end.
Bits both_258() {
  Bits bits;
  bits.put(1, 1).put(1, 2).code(0x30 + 'a', 8);
  bits.code(0xc0 + 285 - 280, 8).code(0, 5);
  bits.code(0xc0 + 284 - 280, 8).put(31, 5).code(0, 5);
  bits.code(0, 7);
  return bits;
}

TEST(Deflate, KeepsBothSpellingsOf258) {
  const Bits bits = both_258();
  Decoder decoder;
  Tokens tokens;

  const auto reached = decoder.decode(bits.bytes(), {.from = 0, .target = ~0ull}, tokens);

  EXPECT_EQ(reached.stop, Stop::EndOfStream);
  EXPECT_EQ(reached.bit, bits.bits());
  EXPECT_EQ(tokens.lengths, bytes_of("\xff\xff"));
  EXPECT_EQ(tokens.long_258, std::vector<std::uint64_t>{1});
  EXPECT_EQ(rewrite(bits.bytes(), 0, 1).bytes, bits.bytes());
}

TEST(Deflate, StartsAtAnyBit) {
  for (unsigned from = 0; from < 8; ++from) {
    Bits bits;
    bits.put(0x55, from).put(0, 1).put(0, 2);
    bits.put(0x2a, static_cast<unsigned>((8 - bits.bits() % 8) % 8));  // Padding need not be 0.
    bits.put(2, 16).put(0xfffd, 16).put('h', 8).put('i', 8);
    bits.put(1, 1).put(1, 2).code(0, 7);

    const Rewritten again = rewrite(bits.bytes(), from, 1);

    EXPECT_EQ(again.stop, Stop::EndOfStream);
    EXPECT_EQ(again.bytes, bits.bytes());
  }
}

/// A dynamic block whose literal code is one bit for `end` alone, or 2 codes, and whose
/// distance code has `distances` codes of one bit.
Bits sparse_codes(unsigned distances) {
  Bits bits;
  bits.put(1, 1).put(2, 2).put(0, 5).put(distances > 1 ? 1 : 0, 5).put(14, 4);
  // Code lengths of the code lengths, in the order 16 17 18 0 8 7 ... 1 15: 18, 0, 1 and 17.
  const unsigned order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1};
  for (const unsigned symbol : order)
    bits.put(symbol == 18 || symbol == 0 || symbol == 1 || symbol == 17 ? 2 : 0, 3);
  // Canonical: 0 -> 00, 1 -> 01, 17 -> 10, 18 -> 11.
  bits.code(3, 2).put(138 - 11, 7).code(3, 2).put(118 - 11, 7);  // 256 zeros.
  bits.code(1, 2);                                               // The end of the block.
  for (unsigned i = 0; i < std::max(distances, 1u); ++i) bits.code(distances > 0 ? 1 : 0, 2);
  bits.code(0, 1);
  return bits;
}

TEST(Deflate, TakesTheIncompleteCodesThatZlibTakes) {
  for (const unsigned distances : {0u, 1u, 2u}) {
    const Bits bits = sparse_codes(distances);

    const Rewritten again = rewrite(bits.bytes(), 0, 1);

    EXPECT_EQ(again.stop, Stop::EndOfStream) << distances;
    EXPECT_EQ(again.bytes, bits.bytes()) << distances;
  }
}

TEST(Deflate, KeepsEmptyBlocks) {
  Bits bits;
  for (int i = 0; i < 20; ++i) bits.put(0, 1).put(1, 2).code(0, 7);  // Fixed.
  bits.put(0, 1).put(0, 2).put(0x15, static_cast<unsigned>(-bits.bits() % 8));
  bits.put(0, 16).put(0xffff, 16).put(1, 1).put(1, 2).code(0, 7);

  const Rewritten again = rewrite(bits.bytes(), 0, 1 << 20);

  EXPECT_EQ(again.stop, Stop::EndOfStream);
  EXPECT_EQ(again.bits, bits.bits());
  EXPECT_EQ(again.bytes, bits.bytes());
}

/// 286 and 30 lengths of seven and six bits.
TEST(Deflate, KeepsTheLongestHeader) {
  DynamicHeader header{.literals = std::vector<unsigned>(286, 8),
                       .distances = std::vector<unsigned>(30, 5),
                       .code_lengths = {1, 2, 3, 4, 5, 6, 0, 0, 7, 7}};
  std::fill(header.literals.begin() + 226, header.literals.end(), 9);
  header.distances[0] = header.distances[29] = 4;
  Bits bits = dynamic(header);
  bits.code(codes_of(header.literals)[256], header.literals[256]);

  const Rewritten again = rewrite(bits.bytes(), 0, 1);

  EXPECT_GT(bits.bits(), 2200u);
  EXPECT_EQ(again.stop, Stop::EndOfStream);
  EXPECT_EQ(again.bytes, bits.bytes());
}

/// Codes of 1 to 15 bits for literals, lengths and distances, and tokens of all of them: far
/// more text than a window, so that every loop meets every code.
TEST(Deflate, KeepsCodesOfEveryLength) {
  DynamicHeader header{.literals = lengths(286, {}), .distances = lengths(30, {})};
  const unsigned symbols[] = {'a', 257, 'b', 285, 'c', 284, 'd', 265,
                              'e', 256, 270, 'f', 0,   255, 280, 'g'};
  const unsigned extra[] = {0, 0, 0, 0, 0, 5, 0, 1, 0, 0, 2, 0, 0, 0, 4, 0};
  for (unsigned i = 0; i < 16; ++i) header.literals[symbols[i]] = std::min(i + 1, 15u);
  for (unsigned i = 0; i < 16; ++i) header.distances[i] = std::min(i + 1, 15u);
  const auto literal_codes = codes_of(header.literals), distance_codes = codes_of(header.distances);
  Bits bits = dynamic(header);
  const auto put = [&](unsigned symbol) {
    bits.code(literal_codes[symbol], header.literals[symbol]);
  };
  for (int i = 0; i < 300; ++i) put('a');
  std::mt19937 random(5);
  for (int i = 0; i < 6'000; ++i) {
    const auto any = [&] { return static_cast<unsigned>(random()); };
    const unsigned which = any() % 16;
    if (symbols[which] == 256) continue;
    put(symbols[which]);
    if (symbols[which] < 256) continue;
    bits.put(any() % (1u << extra[which]), extra[which]);
    const unsigned distance = any() % 16, distance_extra = distance < 4 ? 0 : distance / 2 - 1;
    bits.code(distance_codes[distance], header.distances[distance]);
    bits.put(any() % (1u << distance_extra), distance_extra);
  }
  put(256);
  Decoder decoder;
  Tokens tokens;

  (void)decoder.decode(bits.bytes(), {.from = 0, .target = ~0ull}, tokens);

  EXPECT_EQ(text_of(tokens), inflated(bits.bytes()).text);
  EXPECT_FALSE(tokens.long_258.empty());
  for (const std::uint64_t step : {1ull << 40, 1ull << 14, 1ull}) {
    const Rewritten again = rewrite(bits.bytes(), 0, step);
    EXPECT_EQ(again.stop, Stop::EndOfStream) << step;
    EXPECT_EQ(again.bytes, bits.bytes()) << step;
  }
}

/// The next window may begin with the very bytes of a stored block.
TEST(Deflate, GoesOnInAStoredBlockAtTheFirstBit) {
  Bits head, tail;
  head.put(1, 1).put(0, 2).put(0, 5).put(2, 16).put(0xfffd, 16);
  tail.put('h', 8).put('i', 8);
  Decoder decoder;
  Tokens tokens;

  const auto first = decoder.decode(head.bytes(), {.from = 0, .target = ~0ull}, tokens);
  const auto second = decoder.decode(tail.bytes(), {.from = 0, .target = ~0ull}, tokens);

  EXPECT_EQ(first.stop, Stop::NeedsInput);
  EXPECT_EQ(second.stop, Stop::EndOfStream);
  EXPECT_EQ(tokens.literals, bytes_of("hi"));
  EXPECT_EQ(tokens.blocks.size(), 1u);
}

}  // namespace
}  // namespace stagecache::deflate
