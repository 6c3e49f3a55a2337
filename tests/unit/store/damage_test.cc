// Bytes that rot on the disk.

#include "store_fixture.h"

namespace stagecache::store {
namespace {

class DamageTest : public StoreTest {
 protected:
  void expect_right_or_corrupt() {
    const auto content = store->content(name_of(1));
    ASSERT_TRUE(content && *content);
    const auto slice = (*content)->read(0);
    if (slice) {
      EXPECT_TRUE(std::ranges::equal(slice->bytes(), pattern(1, 0, slice->size())));
    } else {
      EXPECT_EQ(slice.error().code, ErrorCode::Corrupt);
    }
  }
};

TEST_F(DamageTest, AFlippedBitInAChunkIsCorruptAndTheOthersAreServed) {
  open();
  put(1, 4 * kMiB);
  const auto content = **store->content(name_of(1));
  flip_bit(kChunkBytes + 1000);

  EXPECT_TRUE(content.read(0));
  const auto damaged = content.read(kChunkBytes);

  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::Corrupt);
  EXPECT_TRUE(content.read(2 * kChunkBytes));
}

TEST_F(DamageTest, ADamagedArtifactGoesAndItsRefillIsPinnedAgain) {
  open();
  put(1, 4 * kMiB);
  pin(1);

  ASSERT_TRUE(store->drop_damaged(seen(1), Form::Raw));
  EXPECT_FALSE(has(1));
  ASSERT_TRUE(wait_for_used(0));
  put(1, 4 * kMiB);

  EXPECT_TRUE(store->info(name_of(1))->pinned);
  EXPECT_TRUE(reads_back(1, 4 * kMiB));
}

/// Flips one byte in each region of a piece of a closed store; a start must succeed,
/// and what is read is right or an error.
TEST_F(DamageTest, NoFlippedByteKeepsTheStoreFromOpening) {
  open();
  put(1, kMiB);
  put(2, 1000);
  close();
  const std::uintmax_t size = std::filesystem::file_size(largest_piece());
  for (const std::uintmax_t from_end : {1, 8, 20, 40, 53, 60, 100, 300, 600, 900, 1100, 1300}) {
    SCOPED_TRACE(from_end);
    flip_bit(size - from_end);
    open();

    expect_right_or_corrupt();
    EXPECT_TRUE(reads_back(2, 1000));
    ASSERT_TRUE(store->drop_damaged(seen(1), Form::Raw));
    ASSERT_TRUE(try_put(1, kMiB));  // It can be fetched again.
    ASSERT_TRUE(reads_back(1, kMiB));
    EXPECT_TRUE(wait_for_used(store->info(name_of(1))->stored_bytes +
                              store->info(name_of(2))->stored_bytes));
    close();
    ASSERT_EQ(std::filesystem::file_size(largest_piece()), size);
  }
}

TEST_F(DamageTest, ATruncatedPieceIsCorruptAndTheStoreOpens) {
  open();
  put(1, kMiB);
  put(2, 1000);
  close();
  std::filesystem::resize_file(largest_piece(), 600'000);

  open();

  const auto content = store->content(name_of(1));
  ASSERT_TRUE(content && *content);
  EXPECT_EQ((*content)->read(0).error().code, ErrorCode::Corrupt);
  EXPECT_TRUE(reads_back(2, 1000));
}

TEST_F(DamageTest, AStartDropsAKeyframeThatIsLostAndWhatNeedsIt) {
  open();
  put(1, kMiB);
  pack(1, 3 * kMiB);
  put(2, kMiB);
  pack(2, 1000, 1);
  pin(2);
  put(3, kMiB);
  pack(3, 1000, 1, FormWriter::RawForm::Keep);
  put(4, kMiB);
  close();
  std::filesystem::remove(largest_piece());

  for (int run = 0; run < 2; ++run) {
    open();
    EXPECT_TRUE(!has(1) && !has(2));
    EXPECT_EQ(forms(3), "raw");
    EXPECT_TRUE(reads_back(3, kMiB));
    EXPECT_TRUE(reads_back(4, kMiB));
    EXPECT_TRUE(wait_for_used(stored_bytes()));
    EXPECT_TRUE(ledger_is_right());
    close();
  }
  open();
  put(2, kMiB);
  EXPECT_TRUE(store->info(name_of(2))->pinned);
}

TEST_F(DamageTest, AStartDropsAFormOfWhichAPieceIsCutAndServesTheOther) {
  open();
  put(1, 3 * kMiB);
  pack(1, kMiB, std::nullopt, FormWriter::RawForm::Keep);
  close();
  std::filesystem::resize_file(largest_piece(), 600'000);

  open();

  EXPECT_EQ(forms(1), "packed");
  EXPECT_TRUE(packed_reads_back(1, kMiB));
  EXPECT_TRUE(wait_for_used(stored_bytes()));
}

TEST_F(DamageTest, AMissingPieceIsCorruptAndTheStoreOpens) {
  open();
  put(1, kMiB);
  put(2, 1000);
  close();
  std::filesystem::remove(largest_piece());

  open();

  const auto content = store->content(name_of(1));
  ASSERT_TRUE(content && *content);
  EXPECT_EQ((*content)->read(0).error().code, ErrorCode::Corrupt);
  EXPECT_TRUE(reads_back(2, 1000));
}

}  // namespace
}  // namespace stagecache::store
