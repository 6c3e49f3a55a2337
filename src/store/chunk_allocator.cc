#include "chunk_allocator.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace stagecache::store {
namespace {

/// A chunk with its key, restart array and block trailer.
constexpr std::size_t kBlockBytes = kChunkBytes + 4096;

/// Before every block: whether it is one of kBlockBytes. As large as the strictest
/// alignment, which the block behind it keeps.
struct alignas(std::max_align_t) Tag {
  bool is_chunk;
};

void* allocate(std::size_t size, bool is_chunk) {
  void* const memory = std::malloc(sizeof(Tag) + size);
  if (memory == nullptr) throw std::bad_alloc();
  return new (memory) Tag{is_chunk} + 1;
}

Tag* tag_of(void* block) {
  return static_cast<Tag*>(block) - 1;
}

}  // namespace

ChunkAllocator::~ChunkAllocator() {
  for (void* const block : free_) std::free(tag_of(block));
}

void* ChunkAllocator::Allocate(std::size_t size) {
  if (size < kChunkBytes || size > kBlockBytes) return allocate(size, false);
  {
    MutexLock lock(mutex_);
    if (!free_.empty()) {
      void* const block = free_.back();
      free_.pop_back();
      return block;
    }
  }
  return allocate(kBlockBytes, true);
}

void ChunkAllocator::Deallocate(void* block) {
  if (block == nullptr) return;
  if (tag_of(block)->is_chunk) {
    MutexLock lock(mutex_);
    if (free_.size() < kKept) {
      free_.push_back(block);
      return;
    }
  }
  std::free(tag_of(block));
}

std::size_t ChunkAllocator::kept() const {
  MutexLock lock(mutex_);
  return free_.size();
}

}  // namespace stagecache::store
