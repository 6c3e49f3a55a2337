// Which parts of a keyframe a segment is coded against.

#include "pack/base_windows.h"

#include <gtest/gtest.h>

#include "pack/anchors.h"
#include "pack/base_anchors.h"

namespace stagecache::pack {
namespace {

using Buckets = std::vector<std::uint32_t>;

TEST(BaseWindows, AreTheBucketsWithMostVotesInTheBasesOrder) {
  EXPECT_EQ(base_windows({7, 2, 7, 9, 2, 7, 9, 9, 9, 4},
                         {.buckets_of_base = 10, .max_buckets = 3, .place = 0}),
            (Buckets{2, 7, 9}));
}

TEST(BaseWindows, AreThoseAroundTheSamePlaceWhenNoBucketHasTwoVotes) {
  EXPECT_EQ(base_windows({1, 90}, {.buckets_of_base = 100, .max_buckets = 4, .place = 0.5}),
            (Buckets{48, 49, 50, 51}));
  EXPECT_EQ(base_windows({}, {.buckets_of_base = 100, .max_buckets = 3, .place = 0.999}),
            (Buckets{97, 98, 99}));
  EXPECT_EQ(base_windows({}, {.buckets_of_base = 100, .max_buckets = 2, .place = 0}),
            (Buckets{0, 1}));
}

TEST(BaseWindows, AreNoneWhereTheBaseHasNothing) {
  EXPECT_EQ(base_windows({}, {.buckets_of_base = 0, .max_buckets = 4, .place = 0.5}), Buckets{});
}

TEST(BaseWindows, AreAllOfASmallBase) {
  EXPECT_EQ(base_windows({}, {.buckets_of_base = 2, .max_buckets = 4, .place = 0.5}),
            (Buckets{0, 1}));
}

/// Hashes as anchors have them: the top bits are zero.
std::uint64_t anchor(std::uint64_t number) {
  return mixed(number) >> kAnchorBits;
}

TEST(BaseAnchors, KnowTheBucketInWhichAnAnchorLaySince) {
  BaseAnchors anchors({.stream_bytes = 1000, .bucket_bytes = 100, .max_slots = 64});
  anchors.add(std::vector<Anchor>{{.position = 100, .hash = anchor(1)},
                                  {.position = 101, .hash = anchor(2)},
                                  {.position = 950, .hash = anchor(1)}});
  Buckets found;

  anchors.find(std::vector<Anchor>{{.position = 0, .hash = anchor(2)},
                                   {.position = 0, .hash = anchor(3)},
                                   {.position = 0, .hash = anchor(1)}},
               found);

  EXPECT_EQ(found, (Buckets{1, 0}));
}

TEST(BaseAnchors, AreSampledOfALongStreamSoThatTheTableStaysSmall) {
  constexpr std::uint64_t kStream = 1u << 27;
  BaseAnchors anchors({.stream_bytes = kStream, .bucket_bytes = 65536, .max_slots = 4096});
  std::vector<Anchor> all;
  for (std::uint64_t position = 128; position < kStream; position += 128)
    all.push_back({.position = position, .hash = anchor(position)});
  anchors.add(all);
  Buckets found;

  anchors.find(all, found);

  EXPECT_LE(anchors.memory(), 4096 * 8U);
  EXPECT_GT(found.size(), 1000U);  // And evenly: the last ones, too.
  EXPECT_GT(found.back(), (kStream / 65536) * 9 / 10);
}

TEST(BaseAnchors, TakeNoMoreThanFitsFromAStreamMadeOfAnchors) {
  BaseAnchors anchors({.stream_bytes = 1000, .bucket_bytes = 100, .max_slots = 64});
  std::vector<Anchor> all;
  for (std::uint64_t number = 0; number < 1000; ++number)
    all.push_back({.position = 1, .hash = anchor(number)});
  Buckets found;

  anchors.add(all);
  anchors.find(all, found);

  EXPECT_LE(anchors.memory(), 64 * 8U);
  EXPECT_LT(found.size(), 64U);
}

}  // namespace
}  // namespace stagecache::pack
