// A read that is inside RocksDB while another content is deleted keeps the deleted
// files: its version of the database still names them. Nobody in RocksDB looks for
// them again until the next flush or delete, so the room would never come back.

#include <atomic>
#include <thread>
#include <vector>

#include "store_fixture.h"

namespace stagecache::store {
namespace {

class LingeringTest : public StoreTest {};

TEST_F(LingeringTest, RoomComesBackThoughOthersReadAllTheTime) {
  open();
  put(1, 8 * kMiB);
  const std::uint64_t kept = used();
  std::atomic<bool> ending = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      const auto content = store->content(name_of(1));
      while (!ending)
        for (std::uint64_t offset = 0; offset < 8 * kMiB; offset += kChunkBytes)
          ASSERT_TRUE((*content)->read(offset, CacheUse::LeaveAlone));
    });

  bool came_back = true;
  for (std::uint64_t seed = 2; seed < 12 && came_back; ++seed) {
    put(seed, kMiB);
    EXPECT_TRUE(store->remove(name_of(seed)));
    // Nothing else happens in the store, but for those reads.
    came_back = wait_for_used(kept);
    EXPECT_TRUE(came_back) << "after artifact " << seed;
  }
  ending = true;
}

}  // namespace
}  // namespace stagecache::store
