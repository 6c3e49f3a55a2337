#include "stream_cache.h"

#include "stagecache/base/mutex.h"

namespace stagecache::pack {

Result<StreamCache::Slice> StreamCache::get(const Key& key, const Decode& decode) {
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
  bytes_ += slice->size();
  entries_[key] = {.slice = slice, .use = by_use_.insert(by_use_.end(), key)};
  make_room();
  return slice;
}

void StreamCache::make_room() {
  while (bytes_ > limit_bytes_ && by_use_.size() > 1) {
    const auto oldest = entries_.find(by_use_.front());
    bytes_ -= oldest->second.slice->size();
    entries_.erase(oldest);
    by_use_.pop_front();
  }
}

}  // namespace stagecache::pack
