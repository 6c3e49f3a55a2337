// The ledger: what is noted, when it is on the disk, what goes first.

#include <fmt/format.h>

#include "src/store/catalog.h"
#include "src/store/ledger_file.h"
#include "store_fixture.h"

namespace stagecache::store {
namespace {

class LedgerTest : public StoreTest {
 protected:
  LedgerTest() { options.quota_bytes = 64 * kMiB; }  // 64 KiB of ledger.

  LedgerEntry failure(int number) const {
    return {.time = clock.wall(),
            .event = LedgerEvent::Failed,
            .source_key = fmt::format("host/{}", number % 2),
            .url = fmt::format("https://host/{}", number % 2),
            .detail = fmt::format("failure number {:0>200}", number)};
  }
  LedgerEntries all(std::size_t limit = 100'000) const {
    auto found = store->ledger({.source_key = std::nullopt, .limit = limit});
    EXPECT_TRUE(found);
    return found.value_or(LedgerEntries{});
  }
};

TEST_F(LedgerTest, AStoredArtifactIsNotedWithItsSourceAndByWhoseWord) {
  open();
  put(1, kMiB);

  const auto entries = all();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].event, LedgerEvent::Stored);
  EXPECT_EQ(entries[0].source_key, source_of(1).key);
  EXPECT_EQ(entries[0].sha256, name_of(1));
  EXPECT_EQ(entries[0].strength, DigestStrength::FirstSeen);
}

TEST_F(LedgerTest, StillTheSameIsNoNewsButAnotherDigestOrAStrongerWordIs) {
  open();
  put(1, kMiB);
  Source source = source_of(1);
  source.validated_at += std::chrono::seconds(5);
  ASSERT_TRUE(store->put_source(source));
  EXPECT_EQ(all().size(), 1u);

  source.strength = DigestStrength::Declared;
  ASSERT_TRUE(store->put_source(source));
  source.sha256 = name_of(2);
  ASSERT_TRUE(store->put_source(source));

  const auto entries = all();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[1].strength, DigestStrength::Declared);
  EXPECT_EQ(entries[2].sha256, name_of(2));
}

TEST_F(LedgerTest, WhatIsNotedIsFoundAtOnceAndAfterARestartInItsOrder) {
  open();
  store->append_ledger(failure(1));
  put(1, kMiB);
  store->append_ledger(failure(2));
  EXPECT_EQ(all().size(), 3u);

  reopen();

  const auto entries = all();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0], failure(1));
  EXPECT_EQ(entries[1].event, LedgerEvent::Stored);
  EXPECT_EQ(entries[2], failure(2));
}

TEST_F(LedgerTest, TheNewestOfOneSourceAreFoundOldestFirst) {
  open();
  for (int i = 0; i < 10; ++i) store->append_ledger(failure(i));

  const auto found = store->ledger({.source_key = "host/1", .limit = 2});

  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (LedgerEntries{failure(7), failure(9)}));
}

TEST_F(LedgerTest, TheOldestGoWhenItsShareOfTheQuotaIsFull) {
  open();
  for (int i = 0; i < 900; ++i) store->append_ledger(failure(i));
  put(1, kMiB);  // Writes them all.
  reopen();

  const auto entries = all();
  EXPECT_LT(entries.size(), 300u);  // 64 KiB of about 290 bytes each.
  EXPECT_GT(entries.size(), 150u);
  EXPECT_EQ(entries[entries.size() - 2], failure(899));

  for (int i = 900; i < 1000; ++i) store->append_ledger(failure(i));
  reopen();
  EXPECT_EQ(all().back(), failure(999));
  EXPECT_NEAR(static_cast<double>(all().size()), static_cast<double>(entries.size()), 5);
}

TEST_F(LedgerTest, OfTooManyThatWaitTheOldestAreLost) {
  options.quota_bytes = 2048 * kMiB;
  open();
  for (int i = 0; i < 5000; ++i) store->append_ledger(failure(i));

  const auto entries = all();
  EXPECT_GE(entries.size(), 1000u);
  EXPECT_EQ(entries.back(), failure(4999));
}

TEST_F(LedgerTest, TheLargestLedgerStaysWithinTheMetadatasShare) {
  options.quota_bytes = 8ull << 30;
  options.min_free_bytes = 0;
  open();
  const std::uint64_t share = store->stats().quota.metadata;
  EXPECT_EQ(share, 40 * kMiB + 2 * 7 * kMiB);

  for (std::uint64_t round = 0; round < 60; ++round) {
    for (int i = 0; i < 1000; ++i) store->append_ledger(failure(i));
    ASSERT_TRUE(store->put_source(source_of(round)));
    ASSERT_LE(du(options.path), share) << round;
  }
  EXPECT_LE(LedgerFile::limits_for(options.quota_bytes).bytes, 8 * kMiB);
}

TEST_F(LedgerTest, ABatchThatFailedIsStagedAgainAndARewriteOfTheCatalogLeavesTheLedger) {
  auto opened = Database::open({.path = folder.path() / "db",
                                .block_cache_bytes = kMiB,
                                .on_ingested = [](const auto&, const auto&) {},
                                .on_deleted = [](const auto&) {}});
  ASSERT_TRUE(opened);
  Database& database = **opened;
  Catalog catalog(database, {});
  ASSERT_TRUE(catalog.load());
  ASSERT_TRUE(catalog.put_source(source_of(1)));
  catalog.note(failure(1));
  database.note_broken();
  EXPECT_FALSE(catalog.put_source(source_of(2)));
  EXPECT_FALSE(catalog.flush_ledger());
  EXPECT_EQ(catalog.ledger({})->size(), 2u);  // One of them in memory.

  ASSERT_TRUE(database.reopen([] {}, [](const auto&) -> Status { return {}; }));
  ASSERT_TRUE(catalog.rewrite());
  ASSERT_TRUE(catalog.put_source(source_of(2)));

  Catalog again(database, {});
  ASSERT_TRUE(again.load());
  const auto entries = again.ledger({});
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ((*entries)[0].source_key, source_of(1).key);
  EXPECT_EQ((*entries)[1], failure(1));
  EXPECT_EQ((*entries)[2].source_key, source_of(2).key);
}

}  // namespace
}  // namespace stagecache::store
