#include "store/chunk_allocator.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace stagecache::store {
namespace {

TEST(ChunkAllocator, GivesAFreedChunkToTheNext) {
  ChunkAllocator allocator;
  void* const first = allocator.Allocate(kChunkBytes + 60);
  std::memset(first, 1, kChunkBytes + 60);
  allocator.Deallocate(first);
  EXPECT_EQ(allocator.kept(), 1u);

  void* const second = allocator.Allocate(kChunkBytes + 100);

  EXPECT_EQ(second, first);
  EXPECT_EQ(allocator.kept(), 0u);
  allocator.Deallocate(second);
}

TEST(ChunkAllocator, KeepsNoSmallBlocksAndABoundedNumberOfChunks) {
  ChunkAllocator allocator;
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < 2 * ChunkAllocator::kKept; ++i)
    blocks.push_back(allocator.Allocate(kChunkBytes));
  void* const small = allocator.Allocate(100);
  void* const large = allocator.Allocate(kChunkBytes * 2);

  for (void* const block : blocks) allocator.Deallocate(block);
  allocator.Deallocate(small);
  allocator.Deallocate(large);
  allocator.Deallocate(nullptr);

  EXPECT_EQ(allocator.kept(), ChunkAllocator::kKept);
}

TEST(ChunkAllocator, AlignsForAnything) {
  ChunkAllocator allocator;
  void* const block = allocator.Allocate(kChunkBytes);

  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t), 0u);

  allocator.Deallocate(block);
}

}  // namespace
}  // namespace stagecache::store
