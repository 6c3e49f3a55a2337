#pragma once
// What fills and bodies share: borrowed modules, pools, counters. Private to the
// module; owned by Cache::Parts.

#include <atomic>

#include "failures.h"
#include "packed_readers.h"
#include "pulse.h"
#include "segment_cache.h"
#include "stagecache/base/clock.h"
#include "stagecache/base/worker_pool.h"
#include "stagecache/cache/cache.h"
#include "stagecache/store/store.h"
#include "stagecache/upstream/upstream.h"

namespace stagecache::cache {

struct AtomicCounters {
  std::atomic<std::uint64_t> hits = 0, misses = 0, follows = 0, passes = 0, stale = 0;
  std::atomic<std::uint64_t> fills = 0, fill_failures = 0, fills_resumed = 0, fills_running = 0;
  std::atomic<std::uint64_t> served_bytes = 0, changed = 0;
  std::atomic<std::uint64_t> packed_hits = 0, packs = 0, pack_failures = 0, promotions = 0;
};

struct CacheContext {
  const Options options;
  store::Store& store;
  upstream::Upstream& upstream;
  const Clock& clock;
  WorkerPool& readers;        ///< Reads the disk for bodies.
  WorkerPool& checksum_pool;  ///< Asks for checksum files; a thread a fill.
  Pulse& pulse;               ///< Wakes followers of a fill that fell silent.
  WorkerPool& unpackers;      ///< Rebuilds segments of packed forms.
  PackedReaders& packed_readers;
  SegmentCache& segments;
  AtomicCounters counters;
  Failures failures;
  /// A form of a stored artifact, as it was when it was read, turned out damaged: takes it
  /// out and fetches what has no other form again, not on this thread.
  std::function<void(const Artifact&, store::Form)> on_damaged;
  /// All of a stored artifact was asked for, and given.
  std::function<void(const Sha256&)> on_whole_hit;
  /// Room is wanted: drops fills that nobody is working on. True if it dropped one.
  std::function<bool()> drop_idle_fill;
};

}  // namespace stagecache::cache
