#include "src/store/database.h"

#include <gtest/gtest.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <thread>

#include "src/store/piece_writer.h"
#include "store_fixture.h"

namespace stagecache::store {
namespace {

// The lock under a reopen prefers readers; four that never pause once kept it waiting.
TEST(Database, IsReopenedUnderReadersThatNeverPauseAndTheirSlicesStay) {
  TempFolder folder;
  auto opened = Database::open({.path = folder.path() / "db",
                                .block_cache_bytes = 4 * kMiB,
                                .on_ingested = [](const auto&, const auto&) {},
                                .on_deleted = [](const auto&) {}});
  ASSERT_TRUE(opened) << opened.error().message;
  Database& database = **opened;
  const auto bytes = pattern(1, 0, kChunkBytes);
  auto chunk = std::make_shared<ChunkBuffer>(kChunkBytes);
  std::ranges::copy(bytes, chunk->bytes.get());
  chunk->size = kChunkBytes;
  ASSERT_TRUE(write_piece(folder.path() / "piece", {1, 0}, std::vector{chunk}));
  ASSERT_TRUE(database.ingest(folder.path() / "piece"));
  const auto held = database.read({1, 0}, CacheUse::Fill);
  ASSERT_TRUE(held);

  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> readers;
  for (int r = 0; r < 4; ++r) {
    readers.emplace_back([&, use = r % 2 ? CacheUse::Fill : CacheUse::LeaveAlone] {
      while (!done) {
        const auto slice = database.read({1, 0}, use);
        if (!slice || !std::ranges::equal(slice->bytes(), bytes)) ++wrong;
        const auto cached = database.read_cached({1, 0});
        if (!cached || (*cached && !std::ranges::equal((*cached)->bytes(), bytes))) ++wrong;
      }
    });
  }
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(database.reopen([] {}, [](const auto&) -> Status { return {}; }));
  done = true;
  readers.clear();

  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(std::ranges::equal(held->bytes(), bytes));
}

TEST(Database, StaysBrokenWhenWhatFollowsAReopenFails) {
  TempFolder folder;
  auto opened = Database::open({.path = folder.path() / "db",
                                .block_cache_bytes = kMiB,
                                .on_ingested = [](const auto&, const auto&) {},
                                .on_deleted = [](const auto&) {}});
  ASSERT_TRUE(opened);
  Database& database = **opened;
  database.note_broken();
  rocksdb::WriteBatch batch;
  batch.Put("key", "value");

  EXPECT_FALSE(
      database.reopen([] {}, [](const auto&) { return Status(fail(ErrorCode::Internal, "x")); }));
  EXPECT_EQ(database.write(batch, Database::Durability::Synced).error().code, ErrorCode::DiskFull);
  EXPECT_TRUE(database.reopen([] {}, [](const auto&) -> Status { return {}; }));

  EXPECT_TRUE(database.write(batch, Database::Durability::Synced));
  EXPECT_EQ(**database.get("key"), "value");
  EXPECT_EQ(*database.get("none"), std::nullopt);
}

}  // namespace
}  // namespace stagecache::store
