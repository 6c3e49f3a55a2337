#pragma once
//
// The newest of a keyframe's decoded slices, at most `limit_bytes` of them. A slice that two want
// at once is decoded once: the second waits for the first. Thread-safe; nothing is decoded under
// the lock.

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "stagecache/base/mutex.h"
#include "stagecache/base/result.h"
#include "streams.h"

namespace stagecache::pack {

class StreamCache {
 public:
  using Slice = std::shared_ptr<const ByteVector>;
  using Key = std::pair<std::size_t, StreamKind>;  ///< Segment, stream.
  using Decode = std::function<Result<ByteVector>()>;

  explicit StreamCache(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// What lies there, or what `decode` gives. An error is not kept: the next one tries again.
  Result<Slice> get(const Key& key, const Decode& decode);

 private:
  struct Entry {
    Slice slice;  ///< Null: being decoded.
    std::list<Key>::iterator use;
  };
  void make_room() REQUIRES(mutex_);

  const std::size_t limit_bytes_;
  Mutex mutex_;
  CondVar decoded_;
  std::map<Key, Entry> entries_ GUARDED_BY(mutex_);
  std::list<Key> by_use_ GUARDED_BY(mutex_);  ///< Least recently used first; decoded ones only.
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace stagecache::pack
