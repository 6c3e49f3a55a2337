// Decoded slices of keyframes are shared, bounded all together, and decoded once.

#include "pack/stream_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace stagecache::pack {
namespace {

constexpr StreamCache::Key kOne{.keyframe = 1, .segment = 1, .stream = StreamKind::Literals};
constexpr StreamCache::Key kTwo{.keyframe = 1, .segment = 2, .stream = StreamKind::Literals};

StreamCache::Decode gives(std::size_t size, int& decoded) {
  return [size, &decoded]() -> Result<ByteVector> {
    ++decoded;
    return ByteVector(size);
  };
}

TEST(StreamCache, GivesWhatItHasWithoutDecodingAgain) {
  StreamCache cache(100);
  int decoded = 0;

  const auto first = cache.get(kOne, gives(10, decoded));
  const auto second = cache.get(kOne, gives(10, decoded));

  EXPECT_EQ(decoded, 1);
  EXPECT_EQ(*first, *second);
}

TEST(StreamCache, DecodesASliceOnceThoughTwoWantItAtOnce) {
  StreamCache cache(100);
  std::atomic<int> decoded = 0;
  std::latch decoding(1);
  std::latch go_on(1);
  const StreamCache::Decode slow = [&]() -> Result<ByteVector> {
    ++decoded;
    decoding.count_down();
    go_on.wait();
    return ByteVector(10);
  };
  StreamCache::Slice seen;

  std::jthread first([&] { EXPECT_TRUE(cache.get(kOne, slow)); });
  decoding.wait();
  std::jthread second([&] { seen = cache.get(kOne, slow).value(); });
  go_on.count_down();
  first.join();
  second.join();

  EXPECT_EQ(decoded, 1);
  EXPECT_EQ(seen->size(), 10U);
}

TEST(StreamCache, ForgetsWhatWasUsedLeastRecentlyWhenItIsFull) {
  StreamCache cache(25);
  int one = 0;
  int others = 0;
  (void)cache.get(kOne, gives(10, one));
  (void)cache.get(kTwo, gives(10, others));
  (void)cache.get(kOne, gives(10, one));

  (void)cache.get({.keyframe = 1, .segment = 3, .stream = StreamKind::Literals},
                  gives(10, others));  // Number 2 goes.
  (void)cache.get(kOne, gives(10, one));
  (void)cache.get(kTwo, gives(10, others));

  EXPECT_EQ(one, 1);
  EXPECT_EQ(others, 3);
}

TEST(StreamCache, KeepsASliceForWhoReadsItThoughItIsForgotten) {
  StreamCache cache(5);
  int decoded = 0;

  const auto slice = cache.get(kOne, gives(10, decoded)).value();
  (void)cache.get(kTwo, gives(10, decoded));

  EXPECT_EQ(slice->size(), 10U);
}

TEST(StreamCache, DoesNotKeepAnError) {
  StreamCache cache(100);
  int decoded = 0;

  const auto failed = cache.get(
      kOne, []() -> Result<ByteVector> { return fail(ErrorCode::Corrupt, "a bad sector"); });
  const auto again = cache.get(kOne, gives(10, decoded));

  EXPECT_EQ(failed.error().code, ErrorCode::Corrupt);
  EXPECT_TRUE(again);
}

TEST(StreamCache, AllKeyframesShareOneLimit) {
  StreamCache cache(100);
  int decoded = 0;

  for (std::size_t segment = 0; segment < 20; ++segment)
    for (int keyframe = 0; keyframe < 5; ++keyframe) {
      const StreamCache::Key key{.keyframe = cache.add(), .segment = segment, .stream = {}};
      ASSERT_TRUE(cache.get(key, gives(9 + segment, decoded)));
      ASSERT_LE(cache.bytes(), 100U);
    }

  EXPECT_GT(cache.bytes(), 50U);
}

TEST(StreamCache, WhatIsLargerThanTheLimitIsGivenAndNotKept) {
  StreamCache cache(15);
  int decoded = 0;
  (void)cache.get(kOne, gives(10, decoded));

  const auto large = cache.get(kTwo, gives(16, decoded)).value();

  EXPECT_EQ(large->size(), 16U);
  EXPECT_EQ(cache.bytes(), 10U);
}

TEST(StreamCache, TheSlicesOfAKeyframeGoWithItAndThoseOfOthersStay) {
  StreamCache cache(100);
  const auto gone = cache.add();
  const auto stays = cache.add();
  int decoded = 0;
  for (std::size_t segment = 0; segment < 3; ++segment) {
    (void)cache.get({.keyframe = gone, .segment = segment, .stream = {}}, gives(10, decoded));
    (void)cache.get({.keyframe = stays, .segment = segment, .stream = {}}, gives(1, decoded));
  }

  cache.remove(gone);

  EXPECT_EQ(cache.bytes(), 3U);
  (void)cache.get({.keyframe = stays, .segment = 0, .stream = {}}, gives(1, decoded));
  EXPECT_EQ(decoded, 6);
}

TEST(StreamCache, TheSameSegmentOfTwoKeyframesIsNotOneSlice) {
  StreamCache cache(100);
  int decoded = 0;

  const auto one =
      cache.get({.keyframe = cache.add(), .segment = 1, .stream = {}}, gives(10, decoded));
  const auto other =
      cache.get({.keyframe = cache.add(), .segment = 1, .stream = {}}, gives(20, decoded));

  EXPECT_EQ((*one)->size(), 10U);
  EXPECT_EQ((*other)->size(), 20U);
}

}  // namespace
}  // namespace stagecache::pack
