#pragma once
//
// One chunk read ahead by a worker for a body whose next bytes are not in memory.
// Thread safety: `take` and `start` from the body's user, the rest inside.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "stagecache/base/mutex.h"
#include "stagecache/base/result.h"
#include "stagecache/base/worker_pool.h"
#include "stagecache/store/content.h"

namespace stagecache::cache {

class DiskRead : public std::enable_shared_from_this<DiskRead> {
 public:
  using Read = std::move_only_function<Result<store::Slice>()>;

  /// What was read for `offset`, once.
  std::optional<Result<store::Slice>> take(std::uint64_t offset) EXCLUDES(mutex_);

  /// Has a worker call `read` and then `done`. With the pool at its limit `take`
  /// gives Busy.
  void start(WorkerPool& pool, std::uint64_t offset, Read read,
             std::move_only_function<void()> done) EXCLUDES(mutex_);

 private:
  struct Found {
    std::uint64_t offset;
    Result<store::Slice> slice;
  };
  void keep(Found found) EXCLUDES(mutex_);

  Mutex mutex_;
  std::optional<Found> found_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::cache
