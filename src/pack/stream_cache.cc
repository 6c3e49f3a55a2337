#include "stream_cache.h"

#include "stagecache/base/check.h"

namespace stagecache::pack {

StreamCache::Keyframe StreamCache::add() {
  MutexLock lock(mutex_);
  return ++last_;
}

void StreamCache::remove(Keyframe keyframe) {
  std::vector<Slice> dropped;  // Freed when the lock is gone: it may be all there is.
  MutexLock lock(mutex_);
  auto entry = entries_.lower_bound({.keyframe = keyframe, .segment = 0, .stream = {}});
  while (entry != entries_.end() && entry->first.keyframe == keyframe) entry = drop(entry, dropped);
}

Result<StreamCache::Slice> StreamCache::get(const Key& key, const Decode& decode) {
  std::vector<Slice> dropped;
  MutexLock lock(mutex_);
  for (;;) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) break;
    if (found->second.slice != nullptr) {
      by_use_.splice(by_use_.end(), by_use_, found->second.use);
      return found->second.slice;
    }
    decoded_.wait(mutex_);
  }
  entries_.emplace(key, Entry{});
  lock.unlock();
  auto bytes = decode();
  lock.lock();

  decoded_.notify_all();
  if (!bytes) {
    entries_.erase(key);
    return error_of(std::move(bytes));
  }
  auto slice = std::make_shared<const ByteVector>(std::move(*bytes));
  keep(key, slice, dropped);
  return slice;
}

/// Room is made first, so that the limit holds for the moment between, too.
void StreamCache::keep(const Key& key, const Slice& slice, std::vector<Slice>& dropped) {
  if (slice->size() > limit_bytes_) {
    entries_.erase(key);
    return;
  }
  while (bytes_ + slice->size() > limit_bytes_) drop(entries_.find(by_use_.front()), dropped);
  bytes_ += slice->size();
  entries_[key] = {.slice = slice, .use = by_use_.insert(by_use_.end(), key)};
}

StreamCache::Entries::iterator StreamCache::drop(Entries::iterator entry,
                                                 std::vector<Slice>& dropped) {
  CHECK(entry->second.slice != nullptr);
  bytes_ -= entry->second.slice->size();
  by_use_.erase(entry->second.use);
  dropped.push_back(std::move(entry->second.slice));
  return entries_.erase(entry);
}

std::size_t StreamCache::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace stagecache::pack
