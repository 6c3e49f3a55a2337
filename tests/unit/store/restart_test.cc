// What a new process finds in the folder.

#include <rocksdb/db.h>

#include <chrono>

#include "src/store/database.h"
#include "src/store/piece_writer.h"
#include "store_fixture.h"

namespace stagecache::store {
namespace {

using RestartTest = StoreTest;

std::unique_ptr<Database> database_of(const std::filesystem::path& store) {
  auto database = Database::open({.path = store / "db",
                                  .block_cache_bytes = kMiB,
                                  .on_ingested = [](const auto&, const auto&) {},
                                  .on_deleted = [](const auto&) {}});
  EXPECT_TRUE(database) << database.error().message;
  return database ? *std::move(database) : nullptr;
}

std::shared_ptr<ChunkBuffer> chunk_of(const std::vector<std::byte>& bytes) {
  auto chunk = std::make_shared<ChunkBuffer>(kChunkBytes);
  std::ranges::copy(bytes, chunk->bytes.get());
  chunk->size = bytes.size();
  return chunk;
}

/// Puts a piece into a closed store, as a daemon that was killed would have left it.
void ingest_into(const std::filesystem::path& store, const std::filesystem::path& file,
                 ContentId id, std::vector<std::shared_ptr<ChunkBuffer>> chunks,
                 std::uint32_t first_chunk = 0) {
  ASSERT_TRUE(write_piece(file, {id, first_chunk}, chunks));
  ASSERT_TRUE(database_of(store)->ingest(file));
}

TEST_F(RestartTest, AFillGoesOnBehindTheChunksThatItStored) {
  constexpr std::uint64_t kSize = 40 * kMiB + 99;
  open();
  auto filling = begin(1, kSize);
  ASSERT_TRUE(append_until(*filling, 1, 18 * kMiB + 5));
  ASSERT_TRUE(filling->suspend());
  filling.reset();
  reopen();

  ASSERT_EQ(store->unfinished_fills().size(), 1u);
  auto resumed = store->resume_fill(store->unfinished_fills()[0]);
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ((*resumed)->size(), 18 * kMiB);  // The chunk in the making is lost.
  ASSERT_TRUE(append_until(**resumed, 1, kSize));
  ASSERT_TRUE(commit(**resumed, 1));
  resumed->reset();

  EXPECT_TRUE(reads_back(1, kSize));
  EXPECT_TRUE(ledger_is_right());
  close();
  for (const PieceFile& piece : database_of(options.path)->pieces())
    EXPECT_EQ(piece.level, 6) << piece.name;
}

TEST_F(RestartTest, WithoutSuspendOnlyFullPiecesAreLeft) {
  open();
  auto filling = begin(1, std::nullopt);
  ASSERT_TRUE(append_until(*filling, 1, 20 * kMiB));
  filling.reset();
  reopen();

  auto resumed = store->resume_fill(store->unfinished_fills().at(0));

  ASSERT_TRUE(resumed);
  EXPECT_EQ((*resumed)->size(), kPieceBytes);
  EXPECT_TRUE(holds(**resumed, 1, kPieceBytes));
}

// Killed between its last piece and its commit. Were the short last chunk taken for
// a whole one, the fill would seem to have more bytes than its size.
TEST_F(RestartTest, AFillThatStoredItsShortLastChunkIsComplete) {
  constexpr std::uint64_t kSize = kChunkBytes + 77;
  open();
  auto filling = begin(1, kSize);
  const ContentId id = filling->id();
  filling.reset();
  close();
  ingest_into(options.path, folder.path() / "piece.sst", id,
              {chunk_of(pattern(1, 0, kChunkBytes)), chunk_of(pattern(1, kChunkBytes, 77))});
  open();

  auto resumed = store->resume_fill(store->unfinished_fills().at(0));

  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_TRUE(holds(**resumed, 1, kSize));
  EXPECT_FALSE((*resumed)->append(pattern(1, kSize, 1)));
  ASSERT_TRUE(commit(**resumed, 1));
  EXPECT_TRUE(reads_back(1, kSize));
}

TEST_F(RestartTest, AFillWhosePiecesDoNotFollowEachOtherIsCorrupt) {
  open();
  const ContentId id = begin(1, 40 * kMiB)->id();
  close();
  auto chunk = chunk_of(pattern(1, 0, kChunkBytes));
  ingest_into(options.path, folder.path() / "piece.sst", id, {chunk}, /*first_chunk=*/5);
  open();

  const auto resumed = store->resume_fill(store->unfinished_fills().at(0));

  ASSERT_FALSE(resumed);
  EXPECT_EQ(resumed.error().code, ErrorCode::Corrupt);
  ASSERT_TRUE(store->drop_fill(id));
  EXPECT_TRUE(wait_for_used(0));
}

TEST_F(RestartTest, ContentsThatNoRecordNamesAreSwept) {
  open();
  put(1, kMiB);
  close();
  ingest_into(options.path, folder.path() / "stray.sst", 777,
              {chunk_of(pattern(9, 0, kChunkBytes))});

  open();

  EXPECT_TRUE(ledger_is_right());
  EXPECT_LT(used(), kMiB + kChunkBytes / 2);
  EXPECT_TRUE(reads_back(1, kMiB));
  EXPECT_GT(begin(2, 0)->id(), 777u);  // An id that was on the disk is used up.
}

TEST_F(RestartTest, WhatLiesInIncomingIsDeleted) {
  open();
  close();
  std::filesystem::create_directories(options.path / "incoming");
  std::filesystem::copy_file("/proc/self/exe", options.path / "incoming" / "5-0.sst");

  open();

  EXPECT_TRUE(std::filesystem::is_empty(options.path / "incoming"));
}

TEST_F(RestartTest, AnIdIsNeverGivenOutTwice) {
  ContentId last = 0;
  for (int run = 0; run < 4; ++run) {
    open();
    for (int i = 0; i < 3; ++i) {
      auto filling = begin(1, 0);
      EXPECT_GT(filling->id(), last);
      last = filling->id();
      EXPECT_TRUE(filling->drop());
    }
    close();
  }
}

TEST_F(RestartTest, PinsUsageSourcesAndBlobsAreKept) {
  open();
  put(1, 1000);
  pin(1);
  clock.advance(std::chrono::seconds(10));
  store->touch(name_of(1));
  ASSERT_TRUE(store->put_blob("job/1", "text"));
  ASSERT_TRUE(store->put_blob("job/2", "gone"));
  ASSERT_TRUE(store->put_blob("job/2", ""));
  ASSERT_TRUE(
      store->put_archive(name_of(1), {.kind = ArchiveSummary::Kind::Tar, .top_folder = "t"}));
  const auto before = store->info(name_of(1));

  reopen();

  const auto after = store->info(name_of(1));
  ASSERT_TRUE(before && after);
  EXPECT_EQ(after->artifact, before->artifact);
  EXPECT_EQ(after->artifact.archive.top_folder, "t");
  EXPECT_EQ(after->hits, 1u);
  EXPECT_EQ(after->last_used, clock.wall());
  EXPECT_TRUE(after->pinned);
  EXPECT_EQ(store->find_source(source_of(1).key), source_of(1));
  EXPECT_EQ(store->sources_of(name_of(1)).size(), 1u);
  EXPECT_EQ(store->blobs("job/"),
            (std::vector<std::pair<std::string, std::string>>{{"job/1", "text"}}));
}

TEST_F(RestartTest, ASecondDaemonOnTheSameFolderIsAConflict) {
  open();

  const auto second = Store::open(options);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  EXPECT_NE(second.error().message.find(options.path.string()), std::string::npos);
}

TEST_F(RestartTest, AFormatOfANewerVersionIsRefusedAndLeftAlone) {
  open();
  put(1, 1000);
  close();
  const auto set_format = [this](const std::string& version) {
    rocksdb::DB* db = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::DBOptions(), (options.path / "db").string(),
                                  {{rocksdb::kDefaultColumnFamilyName, {}}, {"content", {}}},
                                  &handles, &db)
                    .ok());
    EXPECT_TRUE(db->Put({}, "m/format", version).ok());
    for (auto* handle : handles) delete handle;
    delete db;
  };
  set_format("2");

  const auto opened = try_open();

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::TooNew);
  set_format("1");
  open();
  EXPECT_TRUE(reads_back(1, 1000));
}

TEST_F(RestartTest, OpensQuicklyWithManyPieces) {
  constexpr std::uint64_t kContents = 600;
  options.quota_bytes = 2000 * kMiB;
  open();
  for (std::uint64_t seed = 0; seed < kContents; ++seed) put(seed, 20'000);
  close();

  const auto begun = std::chrono::steady_clock::now();
  open();
  const auto took = std::chrono::steady_clock::now() - begun;

  std::printf(
      "open with %d pieces: %d ms\n", static_cast<int>(kContents),
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  EXPECT_LT(took, std::chrono::seconds(5));  // 1 s is the promise; sanitizers are slower.
  EXPECT_EQ(store->stats().artifacts, kContents);
  EXPECT_TRUE(reads_back(kContents - 1, 20'000));
}

}  // namespace
}  // namespace stagecache::store
