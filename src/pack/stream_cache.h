#pragma once
//
// The newest decoded slices of all keyframes that share it. A slice that two want at once is
// decoded once: the second waits for the first.
//
// INVARIANT: bytes() <= `limit_bytes`, whatever the number of keyframes.
// Thread-safe; nothing is decoded or freed under the lock.

#include <compare>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "stagecache/base/mutex.h"
#include "stagecache/base/result.h"
#include "streams.h"

namespace stagecache::pack {

class StreamCache {
 public:
  using Slice = std::shared_ptr<const ByteVector>;
  using Decode = std::function<Result<ByteVector>()>;
  using Keyframe = std::uint64_t;  ///< A number of ours: the same one opened twice is two.
  struct Key {
    Keyframe keyframe;
    std::size_t segment;
    StreamKind stream;
    auto operator<=>(const Key&) const = default;
  };

  explicit StreamCache(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// A number that nobody had before.
  Keyframe add() EXCLUDES(mutex_);
  /// Drops its slices. REQUIRES: nobody gets any of that keyframe now or later.
  void remove(Keyframe keyframe) EXCLUDES(mutex_);

  /// What lies there, or what `decode` gives. An error is not kept: the next one tries again.
  Result<Slice> get(const Key& key, const Decode& decode) EXCLUDES(mutex_);

  std::size_t bytes() const EXCLUDES(mutex_);

 private:
  struct Entry {
    Slice slice;  ///< Null: being decoded.
    std::list<Key>::iterator use;
  };
  using Entries = std::map<Key, Entry>;
  /// Of the entry behind it; the slice goes to `dropped`.
  Entries::iterator drop(Entries::iterator entry, std::vector<Slice>& dropped) REQUIRES(mutex_);
  void keep(const Key& key, const Slice& slice, std::vector<Slice>& dropped) REQUIRES(mutex_);

  const std::size_t limit_bytes_;
  mutable Mutex mutex_;
  CondVar decoded_;
  Keyframe last_ GUARDED_BY(mutex_) = 0;
  Entries entries_ GUARDED_BY(mutex_);
  std::list<Key> by_use_ GUARDED_BY(mutex_);  ///< Least recently used first; decoded ones only.
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace stagecache::pack
