// Whatever zlib writes comes back bit for bit, cut anywhere.

#include <gtest/gtest.h>

#include "tests/unit/deflate/streams.h"

namespace stagecache::deflate {
namespace {

using namespace test;
using Stop = Decoder::Stop;

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

TEST(Deflate, TokensMeanTheTextThatWasCompressed) {
  const std::string text = some_text(150'000);
  for (const Setting& setting : settings()) {
    Decoder decoder;
    Tokens tokens;

    (void)decoder.decode(deflated(text, setting), {.from = 0, .target = ~0ull}, tokens);

    ASSERT_EQ(text_of(tokens), text) << setting.level << " " << setting.strategy;
  }
}

TEST(Deflate, StopsBehindTheFirstTokenThatEndsAtTheTarget) {
  const auto stream = deflated(some_text(100'000), {6, Z_DEFAULT_STRATEGY, 8, Z_NO_FLUSH});
  std::vector<std::uint64_t> ends;
  Decoder one_by_one;
  for (Decoder::Reached reached; reached.stop == Stop::Target; ends.push_back(reached.bit)) {
    Tokens tokens;
    reached = one_by_one.decode(stream, {.from = reached.bit, .target = reached.bit + 1}, tokens);
  }
  std::mt19937 random(3);
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t target = 1 + random() % ends.back();
    Decoder decoder;
    Tokens tokens;

    const auto reached = decoder.decode(stream, {.from = 0, .target = target}, tokens);

    EXPECT_EQ(reached.bit, *std::ranges::lower_bound(ends, target));
  }
}

TEST(Deflate, CutsAfterEveryToken) {
  for (const Setting& setting : settings()) {
    const auto stream = deflated(some_text(3'000), setting);

    EXPECT_EQ(rewrite(stream, 0, 1).bytes, stream);
  }
}

TEST(Deflate, GoesOnWhereTheInputEnded) {
  const auto stream = deflated(some_text(40'000), {6, Z_DEFAULT_STRATEGY, 8, Z_SYNC_FLUSH});
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

}  // namespace
}  // namespace stagecache::deflate
