// A plan comes back from its bytes, and whatever else these are is refused without much memory.

#include "pack/segment_plan.h"

#include <gtest/gtest.h>

#include "pack/byte_io.h"

namespace stagecache::pack {
namespace {

using deflate::Block;
using deflate::BlockType;

SegmentPlan plan() {
  SegmentPlan plan;
  plan.before = {.value = 5, .bits = 3};
  plan.windows[0] = {0, 1, 700};
  plan.windows[4] = {3};
  plan.pieces.push_back({.kind = Piece::Kind::Verbatim, .literals = 300});
  Piece tokens{.kind = Piece::Kind::Tokens, .literals = 5, .runs = 4, .matches = 3};
  tokens.blocks = {{.type = BlockType::Dynamic, .ends = false, .tokens = 6, .header_bits = 101},
                   {.type = BlockType::Stored,
                    .final = true,
                    .begins = false,
                    .tokens = 2,
                    .header_bits = 35,
                    .header_offset = 13}};
  tokens.long_258 = {0, 2};
  tokens.padding = 3;
  tokens.padding_bits = 2;
  plan.pieces.push_back(tokens);
  return plan;
}

ByteVector bytes_of(const SegmentPlan& plan) {
  ByteVector bytes;
  to_bytes(plan, bytes);
  return bytes;
}

TEST(SegmentPlan, ComesBackFromItsBytes) {
  const auto read = plan_from(bytes_of(plan()));

  ASSERT_TRUE(read);
  EXPECT_EQ(bytes_of(*read), bytes_of(plan()));
  EXPECT_EQ(read->windows, plan().windows);
  EXPECT_EQ(read->pieces[1].long_258, plan().pieces[1].long_258);
  EXPECT_EQ(read->pieces[1].header_bytes(), 18U);
  EXPECT_EQ(read->pieces[1].blocks[1].header_offset, 13U);
}

TEST(SegmentPlan, CutOffOrWithMoreBehindItIsCorrupt) {
  ByteVector good = bytes_of(plan());
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto read = plan_from(std::span(good).first(size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  }

  good.push_back({});

  EXPECT_FALSE(plan_from(good));
}

/// First byte, no windows, then what `write` writes: the number of pieces first.
template <class Write>
bool accepted(Write write) {
  ByteVector bytes(2 + kStreams);
  ByteWriter out(bytes);
  write(out);
  return plan_from(bytes).has_value();
}

TEST(SegmentPlan, DoesNotBelieveCountsThatTheBytesCannotHold) {
  EXPECT_TRUE(accepted([](ByteWriter& out) { out.varint(0); }));
  EXPECT_FALSE(accepted([](ByteWriter& out) { out.varint(1ull << 60); }));  // Pieces.
  EXPECT_FALSE(accepted([](ByteWriter& out) {                               // Blocks.
    for (const std::uint64_t number : {1ull, 1ull, 0ull, 0ull, 0ull, 1ull << 60})
      out.varint(number);
  }));
  EXPECT_FALSE(accepted([](ByteWriter& out) {  // Long matches.
    for (const std::uint64_t number : {1ull, 1ull, 0ull, 0ull, 0ull, 0ull, 1ull << 60})
      out.varint(number);
  }));
}

TEST(SegmentPlan, WithMoreBitsThanAByteHasIsCorrupt) {
  SegmentPlan odd;
  odd.before = {.value = 0, .bits = 8};
  EXPECT_FALSE(plan_from(bytes_of(odd)));
  odd.before = {.value = 4, .bits = 2};
  EXPECT_FALSE(plan_from(bytes_of(odd)));
  odd.before = {};
  odd.windows[0] = {4, 4};
  EXPECT_FALSE(plan_from(bytes_of(odd)));
  odd.windows[0].assign(kMaxBuckets + 1, 0);
  for (std::uint32_t at = 0; at <= kMaxBuckets; ++at) odd.windows[0][at] = at;
  EXPECT_FALSE(plan_from(bytes_of(odd)));
}

}  // namespace
}  // namespace stagecache::pack
