// What Debian's RocksDB does when a write really fails. The store looks at the free
// space before each write, so these tests switch that look off. Each of them once
// was an abort, or could be.

#include <rocksdb/write_batch.h>

#include <atomic>
#include <thread>

#include "small_disk.h"
#include "src/store/database.h"
#include "src/store/piece_writer.h"

namespace stagecache::store {
namespace {

class DatabaseOnAFullDisk : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    if (!disk.mounted()) GTEST_SKIP() << "cannot mount a tmpfs: not root, or not allowed to";
    auto opened = Database::open({.path = disk.path() / "db",
                                  .block_cache_bytes = kMiB,
                                  .write_headroom_bytes = 0,
                                  .on_ingested = [](const auto&, const auto&) {},
                                  .on_deleted = [](const auto&) {}});
    ASSERT_TRUE(opened) << opened.error().message;
    database = *std::move(opened);
    ASSERT_TRUE(write_record("kept", 100));
    ASSERT_TRUE(ingest_piece(1));
  }

  Status write_record(const std::string& key, std::size_t bytes) {
    rocksdb::WriteBatch batch;
    batch.Put(key, std::string(bytes, 'v'));
    return database->write(batch, Database::Durability::Synced);
  }

  Status ingest_piece(ContentId id) {
    const auto path = disk.path() / ("piece-" + std::to_string(id));
    auto chunk = std::make_shared<ChunkBuffer>(kChunkBytes);
    std::ranges::copy(pattern(id, 0, kChunkBytes), chunk->bytes.get());
    chunk->size = kChunkBytes;
    RETURN_IF_ERROR(write_piece(path, {id, 0}, std::vector{chunk}));
    return database->ingest(path);
  }

  ::testing::AssertionResult reads(ContentId id) {
    const auto slice = database->read({id, 0}, CacheUse::LeaveAlone);
    if (!slice) return ::testing::AssertionFailure() << slice.error().message;
    if (!std::ranges::equal(slice->bytes(), pattern(id, 0, kChunkBytes)))
      return ::testing::AssertionFailure() << "wrong bytes";
    return ::testing::AssertionSuccess();
  }

  Status reopen() {
    return database->reopen([] {}, [](const auto&) -> Status { return {}; });
  }

  /// Everything is tried on the broken handle; then it is reopened with room.
  void expect_it_lives_and_recovers() {
    EXPECT_FALSE(write_record("refused", 10));
    EXPECT_FALSE(ingest_piece(90));
    (void)database->delete_content(91);
    EXPECT_TRUE(reads(1));
    EXPECT_EQ(database->get("kept")->value().size(), 100u);

    (void)reopen();  // Too early: there may be no room, and reads must go on.
    EXPECT_TRUE(reads(1));
    disk.let_others_go();
    const auto reopened = reopen();
    ASSERT_TRUE(reopened) << reopened.error().message;

    EXPECT_FALSE(database->broken());
    EXPECT_TRUE(reads(1));
    EXPECT_EQ(database->get("kept")->value().size(), 100u);
    EXPECT_TRUE(write_record("new", 10));
    EXPECT_TRUE(ingest_piece(92));
    EXPECT_TRUE(reads(92));
  }

  SmallDisk disk{24 * kMiB};
  std::unique_ptr<Database> database;
};

TEST_P(DatabaseOnAFullDisk, SurvivesACatalogWriteThatFails) {
  disk.let_others_fill_it(GetParam());

  Status written;
  for (int i = 0; i < 300 && written; ++i) written = write_record("k" + std::to_string(i), 20'000);

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::DiskFull);
  expect_it_lives_and_recovers();
}

TEST_P(DatabaseOnAFullDisk, SurvivesAPieceThatFails) {
  disk.let_others_fill_it(GetParam());

  Status stored;
  for (ContentId id = 2; id < 40 && stored; ++id) stored = ingest_piece(id);

  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::DiskFull) << stored.error().message;
  EXPECT_TRUE(reads(1));
  (void)write_record("k", 100'000);
  if (database->broken()) expect_it_lives_and_recovers();
}

TEST_P(DatabaseOnAFullDisk, SurvivesAnIngestThatFails) {
  for (ContentId id = 2; id < 8; ++id) ASSERT_TRUE(ingest_piece(id));
  std::vector<std::filesystem::path> ready;
  for (ContentId id = 100; id < 106; ++id) {
    auto chunk = std::make_shared<ChunkBuffer>(kChunkBytes);
    chunk->size = 10;
    std::fill_n(chunk->bytes.get(), 10, std::byte{7});
    ready.push_back(disk.path() / ("ready-" + std::to_string(id)));
    ASSERT_TRUE(write_piece(ready.back(), {id, 0}, std::vector{chunk}));
  }
  disk.let_others_fill_it(GetParam());

  for (const auto& piece : ready) (void)database->ingest(piece);
  for (ContentId id = 2; id < 8; ++id) (void)database->delete_content(id);

  EXPECT_TRUE(reads(1));
  if (!database->broken()) (void)write_record("k", 10 * kMiB);
  if (database->broken()) expect_it_lives_and_recovers();
}

// The memtable is full: flushes run in the background, and fail there.
TEST_P(DatabaseOnAFullDisk, SurvivesFlushesThatFailInTheBackground) {
  for (int round = 0; round < 3; ++round) {
    std::atomic<bool> done = false;
    std::jthread others([this, &done] {
      while (!done) {
        disk.let_others_fill_it(GetParam());
        // The others' own pace: full and free moments for the store to fall into.
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        disk.let_others_go();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
    Status written;
    for (int i = 0; i < 3000 && written; ++i)
      written = write_record("k" + std::to_string(i % 100), 30'000);
    done = true;
    others.join();
    if (written) continue;
    EXPECT_TRUE(reads(1));
    disk.let_others_fill_it(GetParam());
    expect_it_lives_and_recovers();
  }
}

TEST_P(DatabaseOnAFullDisk, ClosesOnAFullDiskAndOpensOnARoomyOne) {
  disk.let_others_fill_it(GetParam());
  for (int i = 0; i < 300 && write_record("k" + std::to_string(i), 20'000); ++i) {
  }

  database.reset();

  disk.let_others_go();
  auto opened = Database::open({.path = disk.path() / "db",
                                .block_cache_bytes = kMiB,
                                .on_ingested = [](const auto&, const auto&) {},
                                .on_deleted = [](const auto&) {}});
  ASSERT_TRUE(opened) << opened.error().message;
  database = *std::move(opened);
  EXPECT_TRUE(reads(1));
  EXPECT_EQ(database->get("kept")->value().size(), 100u);
}

INSTANTIATE_TEST_SUITE_P(Leaving, DatabaseOnAFullDisk,
                         ::testing::Values(0, 1, 4 << 10, 8 << 10, 64 << 10, 400 << 10, 2 << 20));

}  // namespace
}  // namespace stagecache::store
