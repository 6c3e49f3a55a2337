#pragma once
//
// Rebuilt segments of packed forms, shared by all bodies: one rebuild a segment, however
// many ask at once. Bounded: the least recently used go first. What a body still sends
// stays in memory as long as it holds the slice, here it counts no more.
//
// Thread safety: all methods, from any thread. Callbacks run without a lock, on a thread
// of the pool or on the caller's.

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "packed_readers.h"
#include "stagecache/base/mutex.h"
#include "stagecache/base/result.h"
#include "stagecache/base/worker_pool.h"
#include "stagecache/store/content.h"

namespace stagecache::cache {

class SegmentCache {
 public:
  struct Limits {
    std::uint64_t bytes = 0;      ///< Of rebuilt segments that are kept.
    std::size_t read_aheads = 0;  ///< Rebuilds under way past which none begins ahead of need.
  };
  using Done = std::move_only_function<void(Result<store::Slice>)>;

  /// `pool` rebuilds; it must end before this does.
  SegmentCache(Limits limits, WorkerPool& pool) : limits_(limits), pool_(pool) {}

  /// The bytes of reader->range_of(segment), if they are in memory. Counts as a use.
  std::optional<store::Slice> find(ContentId content, std::size_t segment) EXCLUDES(mutex_);

  /// Calls `done` once with the segment, rebuilt where it is not there. Fails as
  /// Reader::rebuild does, and with Busy when too many wait for the pool.
  void get(const PackedSource& source, std::size_t segment, Done done) EXCLUDES(mutex_);

  /// Somebody will want it soon: rebuilds it unless there is much to do already.
  void read_ahead(const PackedSource& source, std::size_t segment) EXCLUDES(mutex_);

  std::uint64_t rebuilds() const { return rebuilds_; }  ///< Since the beginning.
  std::uint64_t kept_bytes() const EXCLUDES(mutex_);

 private:
  struct Key {
    ContentId content = 0;
    std::size_t segment = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Kept {
    Key key;
    store::Slice slice;
  };

  /// False: the pool takes no more.
  bool start(const Key& key, const PackedSource& source);
  void finish(const Key& key, Result<std::vector<std::byte>> rebuilt) EXCLUDES(mutex_);
  void keep(const Key& key, store::Slice slice) REQUIRES(mutex_);
  std::optional<store::Slice> find_kept(const Key& key) REQUIRES(mutex_);

  const Limits limits_;
  WorkerPool& pool_;
  std::atomic<std::uint64_t> rebuilds_ = 0;

  mutable Mutex mutex_;
  std::list<Kept> kept_ GUARDED_BY(mutex_);  // Most recently used first.
  std::map<Key, std::list<Kept>::iterator> places_ GUARDED_BY(mutex_);
  std::uint64_t kept_bytes_ GUARDED_BY(mutex_) = 0;
  std::map<Key, std::vector<Done>> under_way_ GUARDED_BY(mutex_);  // And who waits.
};

}  // namespace stagecache::cache
