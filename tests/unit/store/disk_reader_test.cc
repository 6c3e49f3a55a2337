#include "stagecache/store/disk_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include "store_fixture.h"

namespace stagecache::store {
namespace {

class DiskReaderTest : public StoreTest {
 protected:
  Content content(int number) { return *store->content(name_of(number)).value(); }

  std::filesystem::path largest_piece() const {
    std::filesystem::path largest;
    std::uintmax_t size = 0;
    for (const auto& entry : std::filesystem::directory_iterator(options.path / "db"))
      if (entry.path().extension() == ".sst" && entry.file_size() > size) {
        size = entry.file_size();
        largest = entry.path();
      }
    return largest;
  }
  void flip_byte(std::uint64_t offset) {
    const int file = ::open(largest_piece().c_str(), O_RDWR | O_CLOEXEC);
    char byte = 0;
    ASSERT_EQ(::pread(file, &byte, 1, static_cast<off_t>(offset)), 1);
    byte = static_cast<char>(byte ^ 0x10);
    ASSERT_EQ(::pwrite(file, &byte, 1, static_cast<off_t>(offset)), 1);
    ::close(file);
  }
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
  flip_byte(1000);
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
