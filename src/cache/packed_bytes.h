#pragma once
//
// Stored bytes as module `pack` reads them: any span of one form of an artifact, held by
// a lease. Remembers whether the disk gave a wrong byte, so that whoever fails on a
// difference can tell whether it or its keyframe is damaged.
//
// Thread safety: all methods, from any thread.

#include <atomic>

#include "stagecache/base/mutex.h"
#include "stagecache/pack/bytes.h"
#include "stagecache/store/content.h"

namespace stagecache::cache {

class PackedBytes final : public pack::Bytes {
 public:
  PackedBytes(store::Content content, store::CacheUse use)
      : content_(std::move(content)), use_(use) {}

  std::uint64_t size() const override { return content_.size(); }
  Status read(std::uint64_t offset, std::span<std::byte> out) const override;

  /// A read has failed with Corrupt.
  bool damaged() const { return damaged_; }
  /// How far into it anybody has read, in bytes.
  std::uint64_t reached() const { return reached_; }

 private:
  Result<store::Slice> chunk_at(std::uint64_t offset) const EXCLUDES(mutex_);

  const store::Content content_;
  const store::CacheUse use_;
  mutable std::atomic<bool> damaged_ = false;
  mutable std::atomic<std::uint64_t> reached_ = 0;

  // With LeaveAlone nobody else keeps the chunk for the next small read of it.
  mutable Mutex mutex_;
  mutable std::uint64_t last_begin_ GUARDED_BY(mutex_) = 0;
  mutable store::Slice last_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::cache
