#include "stagecache/store/disk_reader.h"

#include "store_fixture.h"

namespace stagecache::store {
namespace {

class DiskReaderTest : public StoreTest {
 protected:
  Content content(int number) { return *store->content(name_of(number)).value(); }
};

TEST_F(DiskReaderTest, ReadsEveryByteOfSeveralPiecesInAnyOrder) {
  open();
  put(1, kPieceBytes + 3 * kChunkBytes + 5);
  const DiskReader reader(content(1));

  for (const std::uint64_t offset : {std::uint64_t{0}, kPieceBytes - 1, kPieceBytes,
                                     kPieceBytes + 3 * kChunkBytes + 4, kChunkBytes + 7}) {
    const auto slice = reader.read(offset);
    ASSERT_TRUE(slice) << slice.error().message;
    ASSERT_FALSE(slice->empty());
    EXPECT_TRUE(std::ranges::equal(slice->bytes(), pattern(1, offset, slice->size()))) << offset;
  }
}

TEST_F(DiskReaderTest, SeesDamageBelowWhatMemoryHasRight) {
  open();
  put(1, 2 * kChunkBytes);
  ASSERT_TRUE(content(1).read(0));  // In the block cache from now on.
  flip_bit(1000);
  ASSERT_TRUE(content(1).read(0));

  const DiskReader reader(content(1));
  const auto damaged = reader.read(0);

  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::Corrupt);
  EXPECT_TRUE(reader.read(kChunkBytes));
}

TEST_F(DiskReaderTest, APieceThatIsGoneIsCorrupt) {
  open();
  put(1, kChunkBytes);
  const DiskReader reader(content(1));
  std::filesystem::remove(largest_piece());

  const auto gone = reader.read(0);

  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::Corrupt);
}

TEST_F(DiskReaderTest, LeavesNothingInTheBlockCache) {
  open();
  put(1, kChunkBytes);
  close();
  open();

  ASSERT_TRUE(DiskReader(content(1)).read(0));

  EXPECT_FALSE(content(1).read_cached(0).value());
}

}  // namespace
}  // namespace stagecache::store
