// From a fill to bytes that are read back.

#include <atomic>
#include <random>
#include <thread>

#include "store_fixture.h"

namespace stagecache::store {
namespace {

class ContentOfSize : public StoreTest, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(ContentOfSize, IsReadBackNowAndAfterARestart) {
  open();

  put(1, GetParam());

  EXPECT_TRUE(reads_back(1, GetParam()));
  reopen();
  EXPECT_TRUE(reads_back(1, GetParam()));
  EXPECT_TRUE(store->unfinished_fills().empty());
  EXPECT_EQ(store->stats().logical_bytes, GetParam());
}

TEST_P(ContentOfSize, NeedsNoSizeToBeginWith) {
  open();
  auto filling = begin(1, std::nullopt);
  ASSERT_TRUE(append_until(*filling, 1, GetParam()));

  ASSERT_TRUE(commit(*filling, 1));

  EXPECT_TRUE(holds(*filling, 1, GetParam()));  // The fill's followers read on.
  EXPECT_TRUE(reads_back(1, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Bytes, ContentOfSize,
                         ::testing::Values(0, 1, kChunkBytes - 1, kChunkBytes, kChunkBytes + 1,
                                           kPieceBytes, kPieceBytes + 1,
                                           2 * kPieceBytes + kPieceBytes / 2));

using ContentTest = StoreTest;

TEST_F(ContentTest, IsReadWhileItIsFilled) {
  constexpr std::uint64_t kSize = 40 * kMiB + 12'345;
  open();
  auto filling = begin(1, kSize);
  std::atomic<bool> wrong = false;

  std::vector<std::jthread> followers;
  for (int f = 0; f < 3; ++f) {
    followers.emplace_back([&filling, &wrong] {
      for (std::uint64_t offset = 0; offset < kSize && !wrong;) {
        if (offset >= filling->size()) {
          std::this_thread::yield();
          continue;
        }
        auto cached = filling->read_cached(offset);
        auto slice = cached && *cached ? Result<Slice>(**cached) : filling->read(offset);
        if (!slice || slice->empty() ||
            !std::ranges::equal(slice->bytes(), pattern(1, offset, slice->size())))
          wrong = true;
        else offset += slice->size();
      }
    });
  }
  EXPECT_TRUE(append_until(*filling, 1, kSize));
  EXPECT_TRUE(commit(*filling, 1));
  followers.clear();

  EXPECT_FALSE(wrong);
}

TEST_F(ContentTest, IsReadFromAnyOffset) {
  constexpr std::uint64_t kSize = kPieceBytes + 3 * kChunkBytes + 17;
  open();
  put(1, kSize);
  const auto content = store->content(name_of(1));
  ASSERT_TRUE(content && *content);

  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, kChunkBytes - 1,
                                     kChunkBytes, kPieceBytes - 1, kPieceBytes, kSize - 1}) {
    const auto slice = (*content)->read(offset);
    ASSERT_TRUE(slice) << slice.error().message;
    const std::uint64_t chunk_end = std::min((offset / kChunkBytes + 1) * kChunkBytes, kSize);
    EXPECT_EQ(slice->size(), chunk_end - offset);
    EXPECT_TRUE(std::ranges::equal(slice->bytes(), pattern(1, offset, slice->size())));
  }
}

TEST_F(ContentTest, IsInMemoryOnceItWasRead) {
  open();
  put(1, kMiB);
  const auto content = store->content(name_of(1));
  ASSERT_TRUE(content && *content);
  auto cached = (*content)->read_cached(5);
  ASSERT_TRUE(cached);
  EXPECT_FALSE(*cached);

  ASSERT_TRUE((*content)->read(0, CacheUse::LeaveAlone));
  EXPECT_FALSE(*(*content)->read_cached(5));
  ASSERT_TRUE((*content)->read(0));

  cached = (*content)->read_cached(5);
  ASSERT_TRUE(cached && *cached);
  EXPECT_EQ((*cached)->size(), kChunkBytes - 5);
}

TEST_F(ContentTest, TwoFillsOfTheSameBytesLeaveOneContent) {
  open();
  auto first = begin(1, kMiB), second = begin(1, kMiB);
  ASSERT_TRUE(append_until(*first, 1, kMiB));
  ASSERT_TRUE(append_until(*second, 1, kMiB));

  ASSERT_TRUE(commit(*first, 1));
  const std::uint64_t one = used();
  ASSERT_TRUE(commit(*second, 1));

  EXPECT_TRUE(holds(*second, 1, kMiB));  // Its followers still read.
  second.reset();
  EXPECT_TRUE(wait_for_used(one));
  EXPECT_TRUE(reads_back(1, kMiB));
  EXPECT_EQ(store->stats().artifacts, 1u);
  EXPECT_TRUE(store->unfinished_fills().empty());
  EXPECT_TRUE(ledger_is_right());
}

TEST_F(ContentTest, ADroppedFillCannotBeCommitted) {
  open();
  auto filling = begin(1, std::nullopt);
  ASSERT_TRUE(append_until(*filling, 1, kMiB));
  ASSERT_TRUE(store->drop_fill(filling->id()));

  const auto committed = commit(*filling, 1);

  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, ErrorCode::Cancelled);
  EXPECT_FALSE(has(1));
  ASSERT_TRUE(filling->drop());
  filling.reset();
  EXPECT_TRUE(wait_for_used(0));
}

TEST_F(ContentTest, DroppingGivesEverythingBack) {
  open();
  auto filling = begin(1, 20 * kMiB);
  ASSERT_TRUE(append_until(*filling, 1, 18 * kMiB));
  ASSERT_GT(used(), 16 * kMiB);

  ASSERT_TRUE(filling->drop());
  filling.reset();

  EXPECT_TRUE(wait_for_used(0));
  EXPECT_TRUE(store->unfinished_fills().empty());
  EXPECT_EQ(store->stats().quota.reserved, 0u);
  EXPECT_TRUE(ledger_is_right());
}

}  // namespace
}  // namespace stagecache::store
