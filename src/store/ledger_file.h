#pragma once
//
// LedgerFile keeps the ledger (source_ledger.h) in the catalog's family under `l/`
// and an ever growing number: append only, bounded, the oldest go first. Entries lie
// on the disk alone; memory holds their sizes, and those that are not written yet.
//
// A change of the catalog carries what waits in its own batch: `stage` before the
// write, `accept` after it. A batch that failed costs nothing: it is staged again.
//
// Thread safety: `note` and `find`, from any thread; `load`, `stage` and `accept`
// under the catalog's commit lock.

#include <cstdint>
#include <deque>
#include <utility>

#include "database.h"
#include "stagecache/base/mutex.h"
#include "stagecache/store/source_ledger.h"

namespace stagecache::store {

class LedgerFile {
 public:
  struct Limits {
    std::uint64_t bytes = 16ull << 20;
    std::uint64_t entries = 100'000;
  };
  /// What a store with this quota may spend on it: a thousandth, 16 MiB at most.
  static Limits limits_for(std::uint64_t quota_bytes);

  LedgerFile(Database& database, Limits limits) : database_(database), limits_(limits) {}

  Status load() EXCLUDES(mutex_);

  /// To be written with the next batch. Of more than 1,000 that wait (the disk takes
  /// nothing) the oldest are lost.
  void note(LedgerEntry entry) EXCLUDES(mutex_);
  bool has_waiting() const EXCLUDES(mutex_);

  /// What a batch does to the ledger once it is written.
  struct Staged {
    std::size_t waiting = 0;                                    ///< So many of them were put in.
    std::deque<std::pair<std::uint64_t, std::uint64_t>> added;  ///< Number and bytes.
    std::size_t dropped = 0;                                    ///< So many of the oldest go.
  };
  /// Puts all that waits, then `last` (null: nothing), into the batch, and takes out
  /// of the database what is over the limits.
  Staged stage(rocksdb::WriteBatch& batch, const LedgerEntry* last) EXCLUDES(mutex_);
  void accept(Staged staged) EXCLUDES(mutex_);

  /// Reads the disk. Those that wait are found, too.
  Result<LedgerEntries> find(const LedgerFilter& filter) const EXCLUDES(mutex_);

 private:
  Database& database_;
  const Limits limits_;

  mutable Mutex mutex_;
  std::deque<LedgerEntry> waiting_ GUARDED_BY(mutex_);
  std::uint64_t lost_ GUARDED_BY(mutex_) = 0;  // Of waiting_, since the last stage().
  std::deque<std::pair<std::uint64_t, std::uint64_t>> written_ GUARDED_BY(mutex_);
  std::uint64_t written_bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace stagecache::store
