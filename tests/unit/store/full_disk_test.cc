// A disk that others fill to the last byte. Needs a file system of its own: a tmpfs,
// which only root may mount.

#include <atomic>
#include <chrono>
#include <thread>

#include "small_disk.h"
#include "store_fixture.h"

namespace stagecache::store {
namespace {

class FullDiskTest : public StoreTest {
 protected:
  static constexpr std::uint64_t kDisk = 160 * kMiB;

  void SetUp() override {
    if (!disk.mounted()) GTEST_SKIP() << "cannot mount a tmpfs: not root, or not allowed to";
    options.path = disk.path() / "store";
    options.quota_bytes = 10 * kDisk;  // The disk is what is short.
  }
  void TearDown() override { store.reset(); }

  std::uint64_t free_bytes() const { return disk.free_bytes(); }
  void let_others_fill_it(std::uint64_t left) { disk.let_others_fill_it(left); }
  void let_others_go() { disk.let_others_go(); }

  void watch_writable() {
    store->on_writable([this] { ++told_; });
  }
  /// True once on_writable was called again (bounded).
  bool wait_until_told() {
    const int before = told_;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(40);
    while (told_ == before && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return told_ != before;
  }
  /// Does what a fill does after DiskFull: waits to be told, tries again.
  ::testing::AssertionResult finish(Filling& filling, std::uint64_t seed, std::uint64_t size) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      auto status = filling.append({});
      if (status) status = append_until(filling, seed, size);
      if (status) status = commit(filling, seed);
      if (status) return ::testing::AssertionSuccess();
      if (status.error().code != ErrorCode::DiskFull)
        return ::testing::AssertionFailure() << status.error().message;
      if (!wait_until_told()) return ::testing::AssertionFailure() << "never told";
    }
    return ::testing::AssertionFailure() << "still full";
  }

  SmallDisk disk{kDisk};
  std::atomic<int> told_ = 0;
};

class FullDiskLeaving : public FullDiskTest, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(FullDiskLeaving, ReadsGoOnAndFillsContinueOnceThereIsRoom) {
  constexpr std::uint64_t kSize = 40 * kMiB + 5;
  open();
  watch_writable();
  put(1, 20 * kMiB);
  auto filling = begin(2, kSize);
  ASSERT_TRUE(append_until(*filling, 2, 20 * kMiB));

  let_others_fill_it(GetParam());
  auto refused = append_until(*filling, 2, kSize);
  if (refused) refused = commit(*filling, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::DiskFull);
  EXPECT_FALSE(store->put_source(source_of(3)));
  EXPECT_FALSE(store->put_blob("job/1", std::string(100'000, 'x')));
  EXPECT_TRUE(reads_back(1, 20 * kMiB));
  EXPECT_TRUE(holds(*filling, 2, filling->size()));  // Not a byte is lost.
  EXPECT_FALSE(store->find_source(source_of(3).key));

  let_others_go();
  EXPECT_TRUE(finish(*filling, 2, kSize));
  EXPECT_TRUE(reads_back(2, kSize));
  EXPECT_TRUE(store->put_source(source_of(3)));
  filling.reset();
  EXPECT_TRUE(ledger_is_right());
  reopen();
  EXPECT_TRUE(reads_back(1, 20 * kMiB));
  EXPECT_TRUE(reads_back(2, kSize));
  EXPECT_TRUE(store->unfinished_fills().empty());
}

INSTANTIATE_TEST_SUITE_P(Bytes, FullDiskLeaving,
                         ::testing::Values(0, 1, 4 << 10, 64 << 10, 1 << 20, 3 << 20));

// The disk fills between the store's look at the free space and its write: in a
// catalog record, a piece, an ingest, a flush.
TEST_F(FullDiskTest, ADiskThatFillsAtAnyMomentNeverStopsTheProcess) {
  open();
  watch_writable();
  put(1, 10 * kMiB);
  std::atomic<bool> done = false;
  std::atomic<int> refusals = 0, wrong = 0, commits = 0, reads = 0;
  {
    std::jthread others([this, &done] {
      while (!done) {
        let_others_fill_it(0);
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        let_others_go();
        std::this_thread::sleep_for(std::chrono::milliseconds(400));
      }
    });
    std::jthread reader([&] {
      while (!done) {
        const auto content = store->content(name_of(1));
        if (!content || !*content) {
          ++wrong;
          continue;
        }
        const auto slice = (*content)->read(kMiB, CacheUse::LeaveAlone);
        if (!slice && slice.error().code == ErrorCode::DiskFull) continue;  // Between two handles.
        if (!slice || !std::ranges::equal(slice->bytes(), pattern(1, kMiB, slice->size()))) ++wrong;
        ++reads;
      }
    });
    std::vector<std::jthread> writers;
    EXPECT_TRUE(store->set_pinned(name_of(1), true));
    for (std::uint64_t t = 1; t <= 2; ++t) {
      writers.emplace_back([&, t] {
        for (std::uint64_t seed = 1000 * t; !done; ++seed) {
          clock.advance(std::chrono::seconds(1));
          const auto stored = try_put(seed, 300'000 + seed % 3 * 9 * kMiB);
          if (stored) ++commits;
          else ++refusals;
          if (!store->put_blob("b/" + std::to_string(seed % 50), std::string(60'000, 'b')))
            ++refusals;
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::seconds(12));
    done = true;
  }
  let_others_go();
  std::printf("%d commits, %d refusals, %d reads, %d reopens\n", commits.load(), refusals.load(),
              reads.load(), static_cast<int>(store->stats().reopens));
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(refusals, 0);
  EXPECT_GT(commits, 0);
  for (int i = 0; i < 400 && !store->put_source(source_of(3)); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));

  reopen();
  EXPECT_TRUE(store->find_source(source_of(3).key));
  EXPECT_TRUE(reads_back(1, 10 * kMiB));
  for (const ArtifactInfo& info : store->list())
    EXPECT_TRUE(reads_back(std::stoull(info.artifact.name), info.artifact.size))
        << info.artifact.name;
  for (const FillRecord& left : store->unfinished_fills()) EXPECT_TRUE(store->drop_fill(left.id));
  std::uint64_t sum = 0;
  for (const ArtifactInfo& info : store->list()) sum += info.stored_bytes;
  EXPECT_TRUE(wait_for_used(sum));
  EXPECT_TRUE(ledger_is_right());
}

TEST_F(FullDiskTest, AFormThatFindsTheDiskFullIsGivenUpAndLeavesNothing) {
  open();
  put(1, 30 * kMiB);
  auto writer = *store->begin_form(packed_order(1, 30 * kMiB));
  ASSERT_TRUE(append_until(*writer, packed_seed(1), 20 * kMiB));

  let_others_fill_it(0);
  auto refused = append_until(*writer, packed_seed(1), 30 * kMiB);
  if (refused) refused = writer->commit({.raw_form = FormWriter::RawForm::Drop});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::DiskFull);
  writer.reset();

  EXPECT_EQ(forms(1), "raw");
  EXPECT_TRUE(wait_for_used(stored_bytes()));  // What it took is given back all the same.
  EXPECT_TRUE(reads_back(1, 30 * kMiB));
  let_others_go();
  pack(1, 30 * kMiB);
  EXPECT_TRUE(packed_reads_back(1, 30 * kMiB));
  EXPECT_TRUE(wait_for_used(stored_bytes()));
  EXPECT_TRUE(ledger_is_right());
}

TEST_F(FullDiskTest, AStoreOpensAndServesOnAFullDisk) {
  open();
  put(1, 20 * kMiB);
  close();
  let_others_fill_it(0);

  open();

  EXPECT_TRUE(reads_back(1, 20 * kMiB));
}

TEST_F(FullDiskTest, AFillMakesRoomByEvictionOnADiskThatOthersHaveFilled) {
  open();
  put(1, 60 * kMiB);
  let_others_fill_it(0);
  clock.advance(std::chrono::seconds(1));

  put(2, 20 * kMiB);

  EXPECT_TRUE(!has(1) && has(2));
  EXPECT_TRUE(reads_back(2, 20 * kMiB));
}

TEST_F(FullDiskTest, RemovingGivesRoomOnADiskThatOthersHaveFilled) {
  open();
  watch_writable();
  put(1, 60 * kMiB);
  let_others_fill_it(0);

  // Refused at first, or not: in any case the process lives, and it works in the end.
  for (int i = 0; i < 400 && has(1); ++i) {
    (void)store->remove(name_of(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  EXPECT_FALSE(has(1));
  EXPECT_TRUE(wait_for_used(0));
  EXPECT_GT(free_bytes(), 40 * kMiB);
}

}  // namespace
}  // namespace stagecache::store
