#pragma once
// What fills and bodies share: borrowed modules, pools, counters. Private to the
// module; owned by Cache::Parts.

#include <atomic>

#include "failures.h"
#include "pulse.h"
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
};

struct CacheContext {
  const Options options;
  store::Store& store;
  upstream::Upstream& upstream;
  const Clock& clock;
  WorkerPool& readers;        ///< Reads the disk for bodies.
  WorkerPool& checksum_pool;  ///< Asks for checksum files; a thread a fill.
  Pulse& pulse;               ///< Wakes followers of a fill that fell silent.
  AtomicCounters counters;
  Failures failures;
  /// A stored artifact turned out damaged: takes it out and fetches it again, not
  /// on this thread.
  std::function<void(const Artifact&)> on_damaged;
  /// Room is wanted: drops fills that nobody is working on. True if it dropped one.
  std::function<bool()> drop_idle_fill;
};

}  // namespace stagecache::cache
