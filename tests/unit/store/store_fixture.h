#pragma once
//
// A store in a folder of its own, content that can be told from any other, and the
// disk's own word on how much it takes.

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "stagecache/store/store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace stagecache::store {

using test::TempFolder;

/// What `du -s` says: allocated bytes, a file with two names counted once.
std::uint64_t du(const std::filesystem::path& folder);

/// Bytes [offset, offset + size) of the endless content number `seed`.
std::vector<std::byte> pattern(std::uint64_t seed, std::uint64_t offset, std::uint64_t size);
/// A name for it; the store does not verify digests.
Sha256 name_of(std::uint64_t seed);
FillRecord fill_of(std::uint64_t seed);
Artifact artifact_of(std::uint64_t seed, std::uint64_t size, WallTime stored_at);
Source source_of(std::uint64_t seed);

/// What the tests take for the packed form of content `seed`: content of another number.
constexpr std::uint64_t packed_seed(std::uint64_t seed) {
  return 500'000 + seed;
}
Store::FormOrder packed_order(std::uint64_t seed, std::uint64_t expected_bytes,
                              std::optional<std::uint64_t> base = std::nullopt);
Status append_until(FormWriter& writer, std::uint64_t seed, std::uint64_t until);

/// Appends [filling.size(), until) of content `seed`, in steps as a network gives them.
Status append_until(Filling& filling, std::uint64_t seed, std::uint64_t until);

/// True when `content` holds exactly the first `size` bytes of content `seed`.
template <class Readable>
::testing::AssertionResult holds(const Readable& content, std::uint64_t seed, std::uint64_t size) {
  if (content.size() != size) return ::testing::AssertionFailure() << "size " << content.size();
  for (std::uint64_t offset = 0; offset < size;) {
    const auto slice = content.read(offset);
    if (!slice) return ::testing::AssertionFailure() << offset << ": " << slice.error().message;
    if (slice->empty()) return ::testing::AssertionFailure() << offset << ": empty slice";
    const auto expected = pattern(seed, offset, slice->size());
    if (!std::ranges::equal(slice->bytes(), expected))
      return ::testing::AssertionFailure() << "wrong bytes in the chunk at " << offset;
    offset += slice->size();
  }
  return ::testing::AssertionSuccess();
}

class StoreTest : public ::testing::Test {
 protected:
  StoreTest();

  Status try_open();
  void open();
  void close() { store.reset(); }
  void reopen() {
    close();
    open();
  }
  std::unique_ptr<Filling> begin(std::uint64_t seed, std::optional<std::uint64_t> size);
  /// Stores content `seed` from begin to commit.
  void put(std::uint64_t seed, std::uint64_t size);
  Status try_put(std::uint64_t seed, std::uint64_t size);
  Status commit(Filling& filling, std::uint64_t seed);
  /// Writes a packed form of `size` bytes of artifact `seed`, a difference to `base` or a keyframe.
  void pack(std::uint64_t seed, std::uint64_t size,
            std::optional<std::uint64_t> base = std::nullopt,
            FormWriter::RawForm raw_form = FormWriter::RawForm::Drop);
  Status try_pack(std::uint64_t seed, std::uint64_t size, std::optional<std::uint64_t> base,
                  FormWriter::RawForm raw_form);
  ::testing::AssertionResult packed_reads_back(std::uint64_t seed, std::uint64_t size);
  /// "raw", "packed", "raw packed", "" for what is not stored.
  std::string forms(std::uint64_t seed) const;
  /// The sum of what the catalog's artifacts take on the disk.
  std::uint64_t stored_bytes() const;
  void pin(std::uint64_t seed) { ASSERT_TRUE(store->set_pinned(name_of(seed), true)); }
  /// As it is now; nothing of it where it is not stored.
  Artifact seen(std::uint64_t seed) const {
    return store->find_artifact(name_of(seed)).value_or(Artifact{.sha256 = name_of(seed)});
  }
  bool has(std::uint64_t seed) const { return store->find_artifact(name_of(seed)).has_value(); }
  ::testing::AssertionResult reads_back(std::uint64_t seed, std::uint64_t size);
  /// The ledger is never below the disk, and exact about pieces.
  ::testing::AssertionResult ledger_is_right() const;
  /// Waits until the store has deleted what nobody reads (bounded).
  bool wait_for_used(std::uint64_t bytes) const;

  std::uint64_t used() const { return store->stats().quota.used; }
  std::uint64_t piece_files_bytes() const;
  std::filesystem::path largest_piece() const;
  /// One bit of that byte of the largest piece.
  void flip_bit(std::uint64_t offset) const;

  TempFolder folder;
  FakeClock clock;
  Options options;
  std::unique_ptr<Store> store;
};

inline constexpr std::uint64_t kMiB = 1 << 20;

}  // namespace stagecache::store
