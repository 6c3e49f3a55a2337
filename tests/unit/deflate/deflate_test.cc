// Whatever zlib writes and reads comes back bit for bit, cut anywhere.

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>
#include <random>
#include <string>

#include "stagecache/deflate/decoder.h"
#include "stagecache/deflate/encoder.h"

namespace stagecache::deflate {
namespace {

using Stop = Decoder::Stop;

std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

/// Words, runs of one byte, and noise: long matches, short ones and none.
std::string some_text(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) {
    const auto kind = random() % 8;
    if (kind == 0) text.append(random() % 700, static_cast<char>(random()));
    else if (kind < 3)
      for (auto i = random() % 300; i > 0; --i) text.push_back(static_cast<char>(random()));
    else text += "spark-core_2.12-3.5." + std::to_string(random() % 50) + ".jar\n";
  }
  text.resize(size);
  return text;
}

struct Setting {
  int level;
  int strategy;
  int memory;
  int flush;
};

std::vector<std::byte> deflated(const std::string& text, const Setting& setting) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, setting.level, Z_DEFLATED, -15, setting.memory, setting.strategy),
            Z_OK);
  std::vector<std::byte> out(2 * text.size() + 100'000);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  std::string copy = text;
  for (std::size_t at = 0; at < copy.size(); at += 5000) {
    stream.next_in = reinterpret_cast<Bytef*>(copy.data() + at);
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(5000, copy.size() - at));
    EXPECT_EQ(::deflate(&stream, setting.flush), Z_OK);
  }
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// Decodes in stretches of `step` bits, writes each again, and puts the bytes together.
struct Rewritten {
  std::vector<std::byte> bytes;
  Stop stop = Stop::Target;
  std::uint64_t bits = 0;
};
Rewritten rewrite(std::span<const std::byte> input, std::uint64_t from, std::uint64_t step) {
  Decoder decoder;
  Rewritten rewritten;
  rewritten.bits = from;
  PartialByte rest{static_cast<std::uint8_t>(static_cast<unsigned>(input[0]) & ((1u << from) - 1)),
                   static_cast<unsigned>(from)};
  while (rewritten.stop == Stop::Target) {
    Tokens tokens;
    const auto reached =
        decoder.decode(input, {.from = rewritten.bits, .target = rewritten.bits + step}, tokens);
    const auto next = encode(tokens, rest, input.size() + 8, rewritten.bytes);
    EXPECT_TRUE(next) << next.error().message;
    if (!next) break;
    rest = *next;
    EXPECT_EQ(rewritten.bytes.size() * 8 + rest.bits, reached.bit);
    rewritten.bits = reached.bit;
    rewritten.stop = reached.stop;
  }
  if (rest.bits > 0) rewritten.bytes.push_back(static_cast<std::byte>(rest.value));
  return rewritten;
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (int level = 0; level <= 9; ++level)
    all.push_back({level, Z_DEFAULT_STRATEGY, 8, Z_NO_FLUSH});
  for (const int strategy : {Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_FILTERED})
    all.push_back({6, strategy, 8, Z_NO_FLUSH});
  for (const int flush : {Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_BLOCK})
    all.push_back({6, Z_DEFAULT_STRATEGY, 8, flush});
  all.push_back({9, Z_DEFAULT_STRATEGY, 1, Z_NO_FLUSH});
  return all;
}

TEST(Deflate, WritesWhatItReadWhateverTheEncoder) {
  const std::string text = some_text(150'000);
  for (const Setting& setting : settings()) {
    const auto stream = deflated(text, setting);

    for (const std::uint64_t step : {1ull << 40, 100'000ull, 4097ull}) {
      const Rewritten again = rewrite(stream, 0, step);

      ASSERT_EQ(again.stop, Stop::EndOfStream) << setting.level << " " << setting.strategy;
      ASSERT_EQ((again.bits + 7) / 8, stream.size());
      ASSERT_EQ(again.bytes, stream) << setting.level << " " << setting.strategy << " " << step;
    }
  }
}

TEST(Deflate, CutsAfterEveryToken) {
  for (const Setting& setting : settings()) {
    const auto stream = deflated(some_text(6'000), setting);

    EXPECT_EQ(rewrite(stream, 0, 1).bytes, stream);
  }
}

TEST(Deflate, ReportsATruncatedStreamAndKeepsWhatCame) {
  const auto stream = deflated(some_text(20'000), {6, Z_DEFAULT_STRATEGY, 8, Z_NO_FLUSH});
  for (std::size_t size = 1; size < stream.size(); ++size) {
    const auto part = std::span(stream).first(size);

    const Rewritten again = rewrite(part, 0, 5000);

    ASSERT_EQ(again.stop, Stop::NeedsInput) << size;
    const std::size_t whole = again.bits / 8;
    ASSERT_TRUE(std::equal(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(whole),
                           again.bytes.begin()));
  }
}

TEST(Deflate, GoesOnWhereTheInputEnded) {
  const auto stream = deflated(some_text(50'000), {6, Z_DEFAULT_STRATEGY, 8, Z_SYNC_FLUSH});
  Decoder whole_decoder, part_decoder;
  Tokens whole, parts;
  (void)whole_decoder.decode(stream, {.from = 0, .target = ~0ull}, whole);

  Decoder::Reached reached;
  for (std::size_t size = 1; size <= stream.size(); ++size)
    reached = part_decoder.decode(std::span(stream).first(size),
                                  {.from = reached.bit, .target = ~0ull}, parts);

  EXPECT_EQ(reached.stop, Stop::EndOfStream);
  EXPECT_EQ(parts, whole);
}

/// Bits as written by hand: values, lowest bit first.
class Bits {
 public:
  Bits& put(unsigned value, unsigned count) {
    for (unsigned i = 0; i < count; ++i, ++bits_) {
      if (bits_ % 8 == 0) bytes_.push_back(std::byte{0});
      bytes_.back() |= static_cast<std::byte>(((value >> i) & 1) << (bits_ % 8));
    }
    return *this;
  }
  /// A Huffman code: highest bit first.
  Bits& code(unsigned value, unsigned count) {
    for (unsigned i = count; i-- > 0;) put((value >> i) & 1, 1);
    return *this;
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }
  std::uint64_t bits() const { return bits_; }

 private:
  std::vector<std::byte> bytes_;
  std::uint64_t bits_ = 0;
};

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

TEST(Deflate, SaysWhereAStreamIsNone) {
  const struct {
    const char* what;
    Bits bits;
  } cases[] = {
      {"block type 3", Bits().put(1, 1).put(3, 2).put(0, 32).put(0, 32)},
      {"LEN is not NLEN", Bits().put(1, 1).put(0, 2).put(0, 5).put(5, 16).put(5, 16)},
      {"287 literals",
       Bits().put(1, 1).put(2, 2).put(30, 5).put(0, 5).put(15, 4).put(0, 32).put(0, 32)},
      {"31 distances",
       Bits().put(1, 1).put(2, 2).put(0, 5).put(30, 5).put(15, 4).put(0, 32).put(0, 32)},
      {"no code lengths",
       Bits().put(1, 1).put(2, 2).put(0, 5).put(0, 5).put(0, 4).put(0, 32).put(0, 32)},
      {"distance before the first byte", Bits()
                                             .put(1, 1)
                                             .put(1, 2)
                                             .code(0x30 + 'a', 8)
                                             .code(1, 7)
                                             .code(1, 5)
                                             .code(0, 7)
                                             .put(0, 32)
                                             .put(0, 32)},
      {"symbol 286", Bits().put(1, 1).put(1, 2).code(0xc6, 8).put(0, 32).put(0, 32)},
      {"distance symbol 30",
       Bits().put(1, 1).put(1, 2).code(0x30 + 'a', 8).code(1, 7).code(30, 5).put(0, 32).put(0, 32)},
  };
  for (const auto& [what, bits] : cases)
    EXPECT_EQ(rewrite(bits.bytes(), 0, 1 << 20).stop, Stop::Invalid) << what;
}

TEST(Deflate, RefusesTokensThatDoNotFitTogether) {
  const auto stream = deflated(some_text(20'000), {6, Z_DEFAULT_STRATEGY, 8, Z_NO_FLUSH});
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
  std::vector<std::byte> out;
  EXPECT_FALSE(encode(good, {}, stream.size() / 2, out));
}

TEST(Deflate, NeverFailsOtherwiseOnDamagedStreams) {
  const auto stream = deflated(some_text(8'000), {6, Z_DEFAULT_STRATEGY, 8, Z_NO_FLUSH});
  std::mt19937 random(11);
  for (int i = 0; i < 2'000; ++i) {
    auto damaged = stream;
    damaged[random() % damaged.size()] ^= static_cast<std::byte>(1u << random() % 8);

    const Rewritten again = rewrite(damaged, 0, 3000);

    // What was decoded comes back as it was, whatever follows.
    const auto whole = static_cast<std::ptrdiff_t>(again.bits / 8);
    ASSERT_TRUE(std::equal(damaged.begin(), damaged.begin() + whole, again.bytes.begin()));
  }
}

}  // namespace
}  // namespace stagecache::deflate
