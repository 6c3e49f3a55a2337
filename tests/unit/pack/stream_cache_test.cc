// Decoded slices of a keyframe are shared, bounded, and decoded once.

#include "pack/stream_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace stagecache::pack {
namespace {

constexpr StreamCache::Key kOne{1, StreamKind::Literals};

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
  (void)cache.get({2, StreamKind::Literals}, gives(10, others));
  (void)cache.get(kOne, gives(10, one));

  (void)cache.get({3, StreamKind::Literals}, gives(10, others));  // Number 2 goes.
  (void)cache.get(kOne, gives(10, one));
  (void)cache.get({2, StreamKind::Literals}, gives(10, others));

  EXPECT_EQ(one, 1);
  EXPECT_EQ(others, 3);
}

TEST(StreamCache, KeepsASliceForWhoReadsItThoughItIsForgotten) {
  StreamCache cache(5);
  int decoded = 0;

  const auto slice = cache.get(kOne, gives(10, decoded)).value();
  (void)cache.get({2, StreamKind::Runs}, gives(10, decoded));

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

}  // namespace
}  // namespace stagecache::pack
