// Quota, eviction, pins and leases on a real disk.

#include <atomic>
#include <chrono>
#include <thread>

#include "store_fixture.h"

namespace stagecache::store {
namespace {

/// Room for three artifacts of 30 MiB and a bit, beside the metadata's share.
class RoomTest : public StoreTest {
 protected:
  static constexpr std::uint64_t kSize = 30 * kMiB;
  RoomTest() { options.quota_bytes = 40 * kMiB + 95 * kMiB; }

  void put_at_new_time(std::uint64_t seed) {
    clock.advance(std::chrono::seconds(1));
    put(seed, kSize);
  }
};

TEST_F(RoomTest, TheLedgerIsRightAfterEveryOperation) {
  open();
  EXPECT_TRUE(ledger_is_right());
  put(1, kSize);
  EXPECT_TRUE(ledger_is_right());
  auto filling = begin(2, kSize);
  ASSERT_TRUE(append_until(*filling, 2, 20 * kMiB));
  EXPECT_TRUE(ledger_is_right());
  ASSERT_TRUE(filling->suspend());
  EXPECT_TRUE(ledger_is_right());
  filling.reset();
  EXPECT_TRUE(ledger_is_right());
  reopen();
  EXPECT_TRUE(ledger_is_right());
  ASSERT_TRUE(store->drop_fill(store->unfinished_fills().at(0).id));
  EXPECT_TRUE(wait_for_used(store->info(name_of(1))->stored_bytes));
  EXPECT_TRUE(ledger_is_right());
  ASSERT_TRUE(store->remove(name_of(1)));
  EXPECT_TRUE(wait_for_used(0));
  EXPECT_TRUE(ledger_is_right());
  EXPECT_EQ(store->stats().quota.reserved, 0u);
}

TEST_F(RoomTest, DeletingGivesTheDiskSpaceBackAtOnce) {
  open();
  put(1, 80 * kMiB);
  const std::uint64_t before = du(options.path);

  ASSERT_TRUE(store->remove(name_of(1)));

  ASSERT_TRUE(wait_for_used(0));
  EXPECT_LE(du(options.path) + 80 * kMiB, before);
}

TEST_F(RoomTest, TheLeastRecentlyUsedArtifactGoes) {
  open();
  for (const std::uint64_t seed : {1, 2, 3}) put_at_new_time(seed);
  clock.advance(std::chrono::seconds(1));
  store->touch(name_of(1));

  put_at_new_time(4);

  EXPECT_TRUE(has(1) && !has(2) && has(3) && has(4));
  EXPECT_EQ(store->stats().evictions, 1u);
  // The source is kept: it can be fetched again by its digest.
  EXPECT_TRUE(store->find_source(source_of(2).key));
}

TEST_F(RoomTest, TheOrderOfUseSurvivesARestart) {
  open();
  for (const std::uint64_t seed : {1, 2, 3}) put_at_new_time(seed);
  clock.advance(std::chrono::seconds(1));
  store->touch(name_of(1));
  reopen();

  put_at_new_time(4);

  EXPECT_TRUE(has(1) && !has(2) && has(3) && has(4));
}

TEST_F(RoomTest, PinnedArtifactsAreNeverEvicted) {
  open();
  for (const std::uint64_t seed : {1, 2, 3}) put_at_new_time(seed);
  pin(1);
  pin(2);
  reopen();

  put_at_new_time(4);
  EXPECT_TRUE(has(1) && has(2) && !has(3) && has(4));
  pin(4);
  const auto refused = try_put(5, kSize);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NoSpace);
  EXPECT_TRUE(has(1) && has(2) && has(4));
  EXPECT_TRUE(ledger_is_right());
  EXPECT_EQ(store->remove(name_of(1)).error().code, ErrorCode::Conflict);
}

TEST_F(RoomTest, WhatIsLargerThanTheQuotaEvictsNothing) {
  open();
  put(1, kSize);

  const auto refused = store->begin_fill(fill_of(2), 200 * kMiB);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NoSpace);
  EXPECT_TRUE(has(1));
}

TEST_F(RoomTest, ASmallerQuotaEvictsAtTheNextStart) {
  open();
  for (const std::uint64_t seed : {1, 2, 3}) put_at_new_time(seed);
  close();
  options.quota_bytes = 40 * kMiB + 35 * kMiB;

  open();

  EXPECT_TRUE(!has(1) && !has(2) && has(3));
  EXPECT_TRUE(ledger_is_right());
  EXPECT_LE(du(options.path), options.quota_bytes);
  EXPECT_TRUE(reads_back(3, kSize));
}

TEST_F(RoomTest, PinsLargerThanALoweredQuotaOpenAndAreServed) {
  open();
  for (const std::uint64_t seed : {1, 2}) put_at_new_time(seed);
  pin(1);
  pin(2);
  close();
  options.quota_bytes = 60 * kMiB;

  open();

  EXPECT_TRUE(reads_back(1, kSize));
  EXPECT_TRUE(reads_back(2, kSize));
  EXPECT_EQ(try_put(3, 1).error().code, ErrorCode::NoSpace);
}

TEST_F(RoomTest, AQuotaTooSmallToWorkWithIsBadInput) {
  options.quota_bytes = 41 * kMiB;

  const auto opened = try_open();

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::BadInput);
  EXPECT_NE(opened.error().message.find("quota"), std::string::npos);
}

TEST_F(RoomTest, MinFreeIsLeftOnTheDisk) {
  open();
  put(1, kSize);
  close();
  options.min_free_bytes = std::filesystem::space(folder.path()).available + 8192 * kMiB;
  open();

  // Far more is missing than giving up artifact 1 yields, whatever others on this
  // machine write or delete meanwhile.
  EXPECT_EQ(try_put(2, 25 * kMiB).error().code, ErrorCode::NoSpace);
}

TEST_F(RoomTest, AnEvictedArtifactIsReadToItsEnd) {
  open();
  for (const std::uint64_t seed : {1, 2, 3}) put_at_new_time(seed);
  std::vector<Content> held;
  for (const std::uint64_t seed : {1, 2, 3}) held.push_back(**store->content(name_of(seed)));

  // All are read: the oldest loses its name, the fill gets no room while it is read.
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(try_put(4, kSize).error().code, ErrorCode::NoSpace);

  EXPECT_TRUE(!has(1) && has(2) && has(3));
  EXPECT_FALSE(*store->content(name_of(1)));
  EXPECT_TRUE(holds(held[0], 1, kSize));
  EXPECT_TRUE(ledger_is_right());
  held.erase(held.begin());
  put_at_new_time(4);
  EXPECT_TRUE(has(2) && has(3) && has(4));
  EXPECT_TRUE(ledger_is_right());
}

// One slow reader of one evicted artifact once kept every fill out for a minute.
TEST_F(RoomTest, ASlowReaderOfOneEvictedArtifactKeepsNoFillOut) {
  open();
  for (const std::uint64_t seed : {1, 2, 3}) put_at_new_time(seed);
  const auto held = **store->content(name_of(1));
  ASSERT_TRUE(store->remove(name_of(1)));

  const auto begun = std::chrono::steady_clock::now();
  auto filling = begin(4, kSize);
  const auto took = std::chrono::steady_clock::now() - begun;

  ASSERT_NE(filling, nullptr);
  EXPECT_LT(took, std::chrono::milliseconds(1500));  // Not the two seconds of a wait in vain.
  EXPECT_TRUE(!has(2) && has(3));
  EXPECT_TRUE(holds(held, 1, kSize));
}

TEST_F(RoomTest, WhatIsReadIsEvictedLast) {
  open();
  for (const std::uint64_t seed : {1, 2, 3}) put_at_new_time(seed);
  const auto held = **store->content(name_of(1));

  put_at_new_time(4);

  EXPECT_TRUE(has(1) && !has(2) && has(3) && has(4));
}

TEST_F(RoomTest, ReadersThatAreTooSlowAreCutWhileRoomIsWanted) {
  open();
  for (const std::uint64_t seed : {1, 2, 3}) put_at_new_time(seed);
  std::vector<Content> held;
  for (const std::uint64_t seed : {1, 2, 3}) held.push_back(**store->content(name_of(seed)));
  ASSERT_EQ(try_put(4, kSize).error().code, ErrorCode::NoSpace);
  EXPECT_TRUE(held[0].read(0));
  std::atomic<int> told = 0;
  store->on_writable([&told] { ++told; });

  clock.advance(options.slow_reader_limit + std::chrono::seconds(1));
  while (store->stats().readers_cut == 0) std::this_thread::yield();

  EXPECT_EQ(held[0].read(0).error().code, ErrorCode::Cancelled);
  EXPECT_EQ(held[0].read_cached(0).error().code, ErrorCode::Cancelled);
  EXPECT_TRUE(held[1].read(0));
  held.clear();
  while (told == 0) std::this_thread::yield();  // Room came back: fills may try again.
  put_at_new_time(4);
}

TEST_F(RoomTest, ASlowReaderIsLeftAloneWhileNobodyWantsRoom) {
  open();
  put(1, kSize);
  const auto held = **store->content(name_of(1));
  ASSERT_TRUE(store->remove(name_of(1)));

  clock.advance(std::chrono::hours(1));
  put(2, kSize);  // There is room for it.

  EXPECT_TRUE(held.read(0));
  EXPECT_EQ(store->stats().readers_cut, 0u);
}

// du is asked all the time by a thread of its own while four fills and the evictions
// that they cause run.
TEST_F(RoomTest, TheDiskNeverHoldsMoreThanTheQuota) {
  open();
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> most = 0, samples = 0, stored = 0;
  {
    std::jthread sampler([&] {
      while (!done) {
        most = std::max(most.load(), du(options.path));
        ++samples;
      }
    });
    std::vector<std::jthread> fills;
    for (std::uint64_t t = 0; t < 4; ++t) {
      fills.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < 8; ++i) {
          clock.advance(std::chrono::seconds(1));
          const std::uint64_t seed = 100 * t + i;
          if (i % 3 == 1) {  // Of unknown size, and given up.
            auto filling = store->begin_fill(fill_of(seed), std::nullopt);
            if (filling && append_until(**filling, seed, 17 * kMiB)) (void)(*filling)->drop();
          } else if (try_put(seed, 10 * kMiB + i * 3 * kMiB)) {
            ++stored;
          }
        }
      });
    }
    fills.clear();
    done = true;
  }

  EXPECT_LE(most, options.quota_bytes);
  EXPECT_GT(samples, 0u);
  EXPECT_GT(stored, 8u);
  for (const FillRecord& left : store->unfinished_fills()) EXPECT_TRUE(store->drop_fill(left.id));
  std::uint64_t sum = 0;
  for (const ArtifactInfo& info : store->list()) sum += info.stored_bytes;
  EXPECT_TRUE(wait_for_used(sum));
  EXPECT_TRUE(ledger_is_right());
  EXPECT_EQ(store->stats().quota.reserved, 0u);
}

}  // namespace
}  // namespace stagecache::store
