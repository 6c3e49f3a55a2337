// A process that fills is killed with SIGKILL at any moment. The child is this test
// program itself, run anew (a fork of a threaded process could not fill).

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <set>

#include "crashing_child.h"
#include "store_fixture.h"

namespace stagecache::store {
namespace {

using Milliseconds = std::chrono::milliseconds;

/// Sizes from less than a chunk to more than a piece; a seed's is always the same.
std::uint64_t size_of(std::uint64_t seed) {
  return (1 + seed * 7919 % 36) * 512 * 1024 + seed % 1000;
}

class CrashTest : public StoreTest {
 protected:
  CrashTest() { options.quota_bytes = 140 * kMiB; }
};

/// Resumes what is unfinished, then fills on and on; every third artifact is pinned
/// until the next one is, some are removed, some fills dropped.
class CrashingChild : public CrashTest {
 protected:
  void run() {
    options.path = std::filesystem::path(std::getenv(kFolderVariable)) / "store";
    clock.advance(std::chrono::hours(read_journal(options.path.parent_path()).opens));
    Journal journal(options.path.parent_path() / "journal");
    open();
    journal.note("open", 0);
    for (const FillRecord& record : store->unfinished_fills()) {
      auto resumed = store->resume_fill(record);
      const std::uint64_t seed = std::stoull(record.source_key.substr(12));
      if (resumed) finish(**resumed, seed, journal);
    }
    for (std::uint64_t seed = static_cast<std::uint64_t>(::getpid()) * 1000;; ++seed) {
      clock.advance(std::chrono::seconds(1));
      auto filling = store->begin_fill(fill_of(seed), size_of(seed));
      if (filling) finish(**filling, seed, journal);
    }
  }

  void finish(Filling& filling, std::uint64_t seed, Journal& journal) {
    if (seed % 5 == 4) {
      ASSERT_TRUE(filling.drop());
      return;
    }
    ASSERT_TRUE(append_until(filling, seed, size_of(seed)));
    if (seed % 5 == 3) {
      ASSERT_TRUE(filling.suspend());
    }
    ASSERT_TRUE(commit(filling, seed));
    journal.note("stored", seed);
    if (seed % 7 == 0) {
      journal.note("removing", seed);
      ASSERT_TRUE(store->remove(name_of(seed)));
    } else if (seed % 11 == 0 && store->stats().pinned_bytes < 30 * kMiB) {
      ASSERT_TRUE(store->set_pinned(name_of(seed), true));
      journal.note("pinned", seed);
    }
  }
};

TEST_F(CrashingChild, RunsUntilItIsKilled) {
  if (std::getenv(kFolderVariable) == nullptr) GTEST_SKIP() << "run by CrashTest only";
  run();
}

TEST_F(CrashTest, NothingAcknowledgedIsLostAndNothingLeaks) {
  constexpr int kKills = 50;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(35);
  std::mt19937 random(20261123);
  Milliseconds slowest{0};
  std::size_t unfinished = 0;
  std::set<std::uint64_t> verified;
  int kills = 0;
  for (; kills < kKills || std::chrono::steady_clock::now() < end - std::chrono::seconds(5);
       ++kills) {
    if (std::chrono::steady_clock::now() > end && kills >= 20) break;  // Sanitizers, a slow disk.
    const pid_t child = start_child(folder.path(), "CrashingChild.*");
    kill_somewhere(child, folder.path(), read_journal(folder.path()).opens + 1,
                   Milliseconds(random() % 250));

    const auto begun = std::chrono::steady_clock::now();
    open();
    slowest = std::max(slowest, std::chrono::duration_cast<Milliseconds>(
                                    std::chrono::steady_clock::now() - begun));
    ASSERT_TRUE(ledger_is_right());
    ASSERT_LE(du(options.path), options.quota_bytes);
    for (const std::uint64_t seed : read_journal(folder.path()).pinned) {
      ASSERT_TRUE(store->info(name_of(seed)) && store->info(name_of(seed))->pinned) << seed;
    }
    const auto last = last_journal_line(folder.path());
    if (last.starts_with("stored ")) {
      const std::uint64_t seed = std::stoull(last.substr(7));
      ASSERT_TRUE(has(seed)) << seed;
    }
    for (const ArtifactInfo& info : store->list()) {
      const std::uint64_t seed = std::stoull(info.artifact.name);
      if (!verified.insert(seed).second && kills % 10 != 0) continue;
      ASSERT_TRUE(reads_back(seed, size_of(seed))) << seed;
    }
    for (const FillRecord& record : store->unfinished_fills()) {
      auto resumed = store->resume_fill(record);
      if (!resumed) {
        ASSERT_EQ(resumed.error().code, ErrorCode::NoSpace) << resumed.error().message;
        continue;
      }
      const std::uint64_t seed = std::stoull(record.source_key.substr(12));
      ASSERT_TRUE(holds(**resumed, seed, (*resumed)->size()));
      unfinished += (*resumed)->size() > 0;
    }
    close();
  }
  std::printf(
      "%d kills, slowest open %d ms, %zu fills resumed behind stored bytes, %zu artifacts read\n",
      kills, static_cast<int>(slowest.count()), unfinished, verified.size());
  EXPECT_LT(slowest, std::chrono::seconds(5));  // 1 s is the promise; sanitizers are slower.
}

}  // namespace
}  // namespace stagecache::store
