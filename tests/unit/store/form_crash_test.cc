// A process that packs, promotes and evicts is killed with SIGKILL at any moment.

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "crashing_child.h"
#include "store_fixture.h"

namespace stagecache::store {
namespace {

using RawForm = FormWriter::RawForm;
using Milliseconds = std::chrono::milliseconds;

/// Artifacts come in families of four: a keyframe and three differences to it.
constexpr std::uint64_t kFamily = 4, kArtifacts = 24;
/// These are pinned as soon as they are stored: they must be served after every kill.
constexpr bool is_pinned(std::uint64_t seed) {
  return seed < 2 * kFamily && seed % 2 == 1;
}
std::uint64_t raw_size(std::uint64_t seed) {
  return kMiB + seed * 7919 % 9 * 300'007;
}
std::uint64_t packed_size(std::uint64_t seed) {
  return seed % kFamily == 0 ? raw_size(seed) + 11 : 200'000 + seed * 1001;
}
std::optional<std::uint64_t> base_of(std::uint64_t seed) {
  if (seed % kFamily == 0) return std::nullopt;
  return seed / kFamily * kFamily;
}

class FormCrashTest : public StoreTest {
 protected:
  FormCrashTest() { options.quota_bytes = 40 * kMiB + 28 * kMiB; }

  /// In a form of its own, or in both; a difference with the keyframe that it needs.
  ::testing::AssertionResult is_served(std::uint64_t seed) {
    const auto raw = *store->content(name_of(seed));
    const auto packed = *store->packed(name_of(seed));
    if (!raw && !packed) return ::testing::AssertionFailure() << seed << ": no form is stored";
    if (raw) {
      const auto read = holds(*raw, seed, raw_size(seed));
      if (!read) return read;
    }
    if (!packed) return ::testing::AssertionSuccess();
    const auto base = base_of(seed);
    if (base.has_value() != packed->base.has_value())
      return ::testing::AssertionFailure() << seed << ": not with its keyframe";
    const auto read = holds(packed->content, packed_seed(seed), packed_size(seed));
    if (!read || !base) return read;
    return holds(*packed->base, packed_seed(*base), packed_size(*base));
  }
};

class FormCrashingChild : public FormCrashTest {
 protected:
  void run() {
    options.path = std::filesystem::path(std::getenv(kFolderVariable)) / "store";
    clock.advance(std::chrono::hours(read_journal(options.path.parent_path()).opens));
    Journal journal(options.path.parent_path() / "journal");
    open();
    journal.note("open", 0);
    for (const FillRecord& left : store->unfinished_fills()) ASSERT_TRUE(store->drop_fill(left.id));
    std::mt19937 random(static_cast<unsigned>(::getpid()));
    for (;;) {
      clock.advance(std::chrono::seconds(1));
      const std::uint64_t seed = random() % kArtifacts;
      const auto raw_form = random() % 2 == 0 ? RawForm::Keep : RawForm::Drop;
      if (!has(seed)) store_one(seed, journal);
      switch (random() % 6) {
        case 0: promote(seed); break;
        case 1: (void)store->drop_form(name_of(seed), Form::Raw); break;
        case 2:
          if (!is_pinned(seed)) (void)store->remove(name_of(seed));
          break;
        case 3: store->touch(name_of(seed)); break;
        default: (void)try_pack(seed, packed_size(seed), base_of(seed), raw_form); break;
      }
    }
  }

  void store_one(std::uint64_t seed, Journal& journal) {
    if (!try_put(seed, raw_size(seed)) || !is_pinned(seed)) return;
    ASSERT_TRUE(store->set_pinned(name_of(seed), true));
    journal.note("pinned", seed);
  }

  void promote(std::uint64_t seed) {
    auto writer = store->begin_form({.sha256 = name_of(seed),
                                     .form = Form::Raw,
                                     .expected_bytes = raw_size(seed),
                                     .room = Store::Room::MayEvict});
    if (writer && append_until(**writer, seed, raw_size(seed))) (void)(*writer)->commit({});
  }
};

TEST_F(FormCrashingChild, RunsUntilItIsKilled) {
  if (std::getenv(kFolderVariable) == nullptr) GTEST_SKIP() << "run by FormCrashTest only";
  run();
}

TEST_F(FormCrashTest, WhatIsStoredIsServedAndNothingLeaks) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::mt19937 random(20261124);
  std::map<std::string, int> seen;  // Which forms were found how often.
  int kills = 0;
  for (; kills < 40 && (kills < 8 || std::chrono::steady_clock::now() < end); ++kills) {
    const pid_t child = start_child(folder.path(), "FormCrashingChild.*");
    kill_somewhere(child, folder.path(), read_journal(folder.path()).opens + 1,
                   Milliseconds(random() % 400));

    open();
    ASSERT_TRUE(ledger_is_right());
    ASSERT_LE(du(options.path), options.quota_bytes);
    for (const std::uint64_t seed : read_journal(folder.path()).pinned) {
      ASSERT_TRUE(is_served(seed));
      ASSERT_TRUE(store->info(name_of(seed))->pinned);
    }
    for (const ArtifactInfo& info : store->list()) {
      const std::uint64_t seed = std::stoull(info.artifact.name);
      ASSERT_TRUE(is_served(seed));
      ++seen[forms(seed)];
    }
    for (const FillRecord& left : store->unfinished_fills()) ASSERT_TRUE(store->drop_fill(left.id));
    ASSERT_TRUE(wait_for_used(stored_bytes()));
    close();
  }
  std::printf("%d kills; artifacts found raw %d, packed %d, both %d times\n", kills, seen["raw"],
              seen["packed"], seen["raw packed"]);
  EXPECT_GT(seen["raw"], 0);
  EXPECT_GT(seen["packed"], 0);
}

}  // namespace
}  // namespace stagecache::store
