#pragma once
//
// LeaseTable counts who reads which content, and says when one may be deleted: it
// was doomed (its names are gone from the catalog) and its count reached 0.
//
// Leases are counts and no iterators: a RocksDB iterator would hold back the
// files of every eviction, not only of its own content.
//
// Thread safety: all methods, from any thread. `on_free` is called without the
// lock, once a content, by whoever let go last; it must not block.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/base/mutex.h"
#include "stagecache/model/artifact.h"

namespace stagecache::store {

class LeaseTable {
 public:
  /// While one is alive the content's bytes stay on the disk.
  class Lease {
   public:
    Lease(LeaseTable& table, ContentId id, std::shared_ptr<const std::atomic<bool>> revoked)
        : table_(table), id_(id), revoked_(std::move(revoked)) {}
    ~Lease() { table_.release(id_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    ContentId id() const { return id_; }
    /// The reader was too slow while room was wanted: it must stop.
    bool revoked() const { return revoked_->load(std::memory_order_relaxed); }

   private:
    LeaseTable& table_;
    const ContentId id_;
    const std::shared_ptr<const std::atomic<bool>> revoked_;
  };

  explicit LeaseTable(std::function<void(ContentId)> on_free);

  /// A content exists from now on. REQUIRES: the id was never added.
  void add(ContentId id) EXCLUDES(mutex_);
  /// Null when the content is doomed or unknown.
  std::shared_ptr<Lease> acquire(ContentId id) EXCLUDES(mutex_);
  /// No further leases; delete at count 0. Nothing happens where that is so already:
  /// a fill may be dropped by its writer and by name.
  void doom(ContentId id, SteadyTime now) EXCLUDES(mutex_);
  /// Its files are gone.
  void forget(ContentId id) EXCLUDES(mutex_);
  /// Revokes the leases of contents doomed before `time`; how many contents.
  std::uint64_t revoke_doomed_before(SteadyTime time) EXCLUDES(mutex_);
  /// Contents that wait for their readers, or for their deletion.
  struct Doomed {
    ContentId id = 0;
    std::uint64_t readers = 0;
  };
  std::vector<Doomed> doomed() const EXCLUDES(mutex_);
  /// True while somebody reads or writes it.
  bool leased(ContentId id) const EXCLUDES(mutex_);

 private:
  struct Entry {
    std::uint64_t count = 0;
    bool doomed = false;
    SteadyTime doomed_at{};
    std::shared_ptr<std::atomic<bool>> revoked = std::make_shared<std::atomic<bool>>(false);
  };

  void release(ContentId id) EXCLUDES(mutex_);

  const std::function<void(ContentId)> on_free_;
  mutable Mutex mutex_;
  std::unordered_map<ContentId, Entry> entries_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::store
