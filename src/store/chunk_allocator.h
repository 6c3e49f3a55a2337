#pragma once
//
// Memory for the blocks of the block cache. Nearly all of them are one chunk: a
// freed one is kept for the next, because a fresh half MiB from the system costs
// 128 page faults, which is more than reading it.
//
// Thread safety: all methods, from any thread.

#include <rocksdb/memory_allocator.h>

#include <vector>

#include "stagecache/base/mutex.h"
#include "stagecache/store/content.h"

namespace stagecache::store {

class ChunkAllocator final : public rocksdb::MemoryAllocator {
 public:
  ~ChunkAllocator() override;

  const char* Name() const override { return "stagecache.ChunkAllocator"; }
  void* Allocate(std::size_t size) override EXCLUDES(mutex_);
  void Deallocate(void* block) override EXCLUDES(mutex_);

  /// Blocks kept for reuse: what one read and one eviction need, times readers.
  static constexpr std::size_t kKept = 16;
  std::size_t kept() const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::vector<void*> free_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::store
