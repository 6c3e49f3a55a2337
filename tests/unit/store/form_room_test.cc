// Forms under the quota: what packing may take, what eviction gives up, in which order.

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "store_fixture.h"

namespace stagecache::store {
namespace {

using RawForm = FormWriter::RawForm;

/// Room for three artifacts of 30 MiB and a bit, beside the metadata's share.
class FormRoomTest : public StoreTest {
 protected:
  static constexpr std::uint64_t kSize = 30 * kMiB;
  FormRoomTest() { options.quota_bytes = 40 * kMiB + 95 * kMiB; }
  void SetUp() override { open(); }

  void put_at_new_time(std::uint64_t seed, std::uint64_t size = kSize) {
    clock.advance(std::chrono::seconds(1));
    put(seed, size);
  }
};

TEST_F(FormRoomTest, AFormCountsFromItsFirstByteAndWhatIsLeftOverComesBack) {
  put(1, kSize);
  const std::uint64_t before = used();
  auto writer = *store->begin_form(packed_order(1, kSize));
  EXPECT_GE(store->stats().quota.reserved, kSize);
  EXPECT_TRUE(ledger_is_right());

  ASSERT_TRUE(append_until(*writer, packed_seed(1), 17 * kMiB));
  EXPECT_GE(used(), before + 16 * kMiB);
  EXPECT_TRUE(ledger_is_right());
  ASSERT_TRUE(writer->seal());

  EXPECT_EQ(store->stats().quota.reserved, 0u);
  EXPECT_TRUE(ledger_is_right());
}

TEST_F(FormRoomTest, AFormLargerThanExpectedReservesMore) {
  put(1, kSize);

  auto writer = *store->begin_form(packed_order(1, 1000));
  ASSERT_TRUE(append_until(*writer, packed_seed(1), kSize));
  ASSERT_TRUE(writer->commit({.raw_form = RawForm::Drop}));
  writer.reset();

  EXPECT_TRUE(packed_reads_back(1, kSize));
  EXPECT_TRUE(wait_for_used(stored_bytes()));
  EXPECT_TRUE(ledger_is_right());
  EXPECT_EQ(store->stats().quota.reserved, 0u);
}

TEST_F(FormRoomTest, FreeOnlyEvictsNothing) {
  for (const std::uint64_t seed : {1, 2, 3}) put_at_new_time(seed);
  auto order = packed_order(3, 20 * kMiB);
  order.room = Store::Room::FreeOnly;

  EXPECT_EQ(store->begin_form(order).error().code, ErrorCode::NoSpace);

  order.expected_bytes = 1000;
  auto writer = store->begin_form(order);
  ASSERT_TRUE(writer);
  const auto refused = append_until(**writer, packed_seed(3), kSize);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NoSpace);
  writer->reset();
  EXPECT_TRUE(has(1) && has(2) && has(3));
  EXPECT_TRUE(wait_for_used(stored_bytes()));
}

TEST_F(FormRoomTest, WhatIsPackedAndItsBaseAreNotEvictedForIt) {
  put_at_new_time(1, 20 * kMiB);
  pack(1, 10 * kMiB, std::nullopt, RawForm::Keep);
  put_at_new_time(2);
  put_at_new_time(3);  // The youngest; 1 and 2 would go before it.

  pack(2, 20 * kMiB, 1);

  EXPECT_EQ(forms(1), "raw packed");
  EXPECT_EQ(forms(2), "packed");
  EXPECT_FALSE(has(3));
  EXPECT_TRUE(wait_for_used(stored_bytes()));
}

TEST_F(FormRoomTest, AFillDoesNotEvictWhatIsBeingPackedNorItsBase) {
  put_at_new_time(1, 20 * kMiB);
  pack(1, 10 * kMiB, std::nullopt, RawForm::Keep);
  put_at_new_time(2);
  clock.advance(std::chrono::seconds(1));
  store->touch(name_of(1));
  auto writer = *store->begin_form(packed_order(2, 1000, 1));

  EXPECT_EQ(try_put(3, 60 * kMiB).error().code, ErrorCode::NoSpace);
  EXPECT_EQ(forms(1), "raw packed");
  EXPECT_EQ(forms(2), "raw");

  writer.reset();
  put_at_new_time(3, 60 * kMiB);
  EXPECT_EQ(forms(1), "packed");
  EXPECT_FALSE(has(2));
}

TEST_F(FormRoomTest, RawFormsOfWhatLiesPackedGoFirst) {
  put_at_new_time(1, 20 * kMiB);
  put_at_new_time(2, 20 * kMiB);
  pack(2, kMiB, std::nullopt, RawForm::Keep);
  pin(2);
  put_at_new_time(3, 20 * kMiB);
  clock.advance(std::chrono::seconds(1));
  store->touch(name_of(2));  // The one used last.

  put_at_new_time(4, 45 * kMiB);

  EXPECT_TRUE(has(1) && has(3) && has(4));
  EXPECT_EQ(forms(2), "packed");  // Pinned: served as before.
  EXPECT_EQ(store->stats().evictions, 0u);
  EXPECT_TRUE(wait_for_used(stored_bytes()));
  EXPECT_TRUE(ledger_is_right());
}

TEST_F(FormRoomTest, AKeyframeGoesAfterTheLastThatNeedsIt) {
  put_at_new_time(1, 20 * kMiB);
  pack(1, 20 * kMiB);
  put_at_new_time(2, 20 * kMiB);
  pack(2, 10 * kMiB, 1);
  put_at_new_time(3, 50 * kMiB);

  put_at_new_time(4, 20 * kMiB);

  EXPECT_FALSE(has(2));
  EXPECT_TRUE(has(3) && has(4));
  EXPECT_TRUE(wait_for_used(stored_bytes()));
}

TEST_F(FormRoomTest, TheKeyframeOfWhatIsPinnedStays) {
  put_at_new_time(1, 20 * kMiB);
  pack(1, 20 * kMiB);
  put_at_new_time(2, 20 * kMiB);
  pack(2, 10 * kMiB, 1);
  pin(2);
  put_at_new_time(3, 50 * kMiB);

  put_at_new_time(4, 50 * kMiB);

  EXPECT_TRUE(packed_reads_back(2, 10 * kMiB));
  EXPECT_TRUE(packed_reads_back(1, 20 * kMiB));
  EXPECT_FALSE(has(3));
  EXPECT_EQ(try_put(5, 80 * kMiB).error().code, ErrorCode::NoSpace);
  EXPECT_TRUE(has(4));
}

TEST_F(FormRoomTest, ASmallerQuotaEvictsInTheSameOrder) {
  put_at_new_time(1, 20 * kMiB);
  pack(1, 15 * kMiB, std::nullopt, RawForm::Keep);
  put_at_new_time(2, 20 * kMiB);
  pack(2, 5 * kMiB, 1, RawForm::Keep);
  pin(2);
  close();
  options.quota_bytes = 40 * kMiB + 25 * kMiB;

  open();

  EXPECT_EQ(forms(1), "packed");
  EXPECT_EQ(forms(2), "packed");
  EXPECT_TRUE(ledger_is_right());
  EXPECT_LE(du(options.path), options.quota_bytes);
}

/// Fills, packs, promotes, gives up, reads and evicts at once; du is asked all the time.
class FormTurmoil : public FormRoomTest {
 protected:
  static constexpr std::uint64_t kArtifacts = 12;
  static std::uint64_t raw_size(std::uint64_t seed) { return kMiB + seed * 700'001; }
  static std::uint64_t packed_size(std::uint64_t seed) { return kChunkBytes + seed * 300'003; }

  FormTurmoil() {
    options.quota_bytes = 40 * kMiB + 30 * kMiB;
    options.slow_reader_limit = std::chrono::hours(10'000);
  }

  void fill_some(std::uint64_t seed) {
    if (!has(seed)) (void)try_put(seed, raw_size(seed));
    store->touch(name_of(seed));
  }
  void pack_some(std::uint64_t seed, std::mt19937& random) {
    std::optional<std::uint64_t> base;
    if (random() % 2) base = random() % kArtifacts;
    (void)try_pack(seed, packed_size(seed), base, random() % 3 ? RawForm::Drop : RawForm::Keep);
  }
  void promote_some(std::uint64_t seed) {
    auto writer = store->begin_form(
        {.sha256 = name_of(seed), .form = Form::Raw, .expected_bytes = raw_size(seed)});
    if (writer && append_until(**writer, seed, raw_size(seed))) (void)(*writer)->commit({});
  }
  void read_some(std::uint64_t seed) {
    if (const auto raw = *store->content(name_of(seed))) check(holds(*raw, seed, raw_size(seed)));
    const auto packed = *store->packed(name_of(seed));
    if (!packed) return;
    check(holds(packed->content, packed_seed(seed), packed_size(seed)));
    if (!packed->base) return;
    const std::uint64_t base = std::stoull(packed->base->artifact().name);
    check(holds(*packed->base, packed_seed(base), packed_size(base)));
  }
  void check(const ::testing::AssertionResult& result) {
    EXPECT_TRUE(result);
    ++reads;
  }

  std::atomic<std::uint64_t> reads = 0;
};

TEST_F(FormTurmoil, TheQuotaHoldsAndWhatIsNamedIsThere) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(6);
  const auto going = [&] { return std::chrono::steady_clock::now() < end; };
  std::atomic<std::uint64_t> most = 0;
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
      while (going()) most = std::max(most.load(), du(options.path));
    });
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        std::mt19937 random(t);
        while (going()) {
          clock.advance(std::chrono::seconds(1));
          const std::uint64_t seed = random() % kArtifacts;
          if (t < 2) fill_some(seed);
          else if (t == 3) read_some(seed);
          else if (random() % 4 == 0) promote_some(seed);
          else if (random() % 8 == 0) (void)store->drop_damaged(seen(seed), Form::Packed);
          else pack_some(seed, random);
        }
      });
    }
  }

  EXPECT_LE(most, options.quota_bytes);
  EXPECT_GT(reads, 0u);
  for (const FillRecord& left : store->unfinished_fills()) EXPECT_TRUE(store->drop_fill(left.id));
  EXPECT_TRUE(wait_for_used(stored_bytes()));
  EXPECT_TRUE(ledger_is_right());
  EXPECT_EQ(store->stats().quota.reserved, 0u);
  reopen();
  for (std::uint64_t seed = 0; seed < kArtifacts; ++seed) read_some(seed);
  EXPECT_TRUE(wait_for_used(stored_bytes()));
}

}  // namespace
}  // namespace stagecache::store
