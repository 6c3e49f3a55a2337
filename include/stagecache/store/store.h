#pragma once
//
// The store keeps artifacts on one disk, under one hard quota, in RocksDB.
//
//   content   raw bytes, as pieces (SST files of 16 MiB) of chunks (512 KiB),
//             written beside the database and ingested: no WAL, no memtable,
//             no compaction ever touches them.
//   catalog   small synced records: artifacts, sources, fills, pins, usage, jobs.
//
// What it refuses to do: talk to the network, decide what is fresh, verify a
// digest while filling (the cache does that, and says `commit`).
//
// INVARIANT: bytes on disk never pass the quota (quota.h). INVARIANT: an artifact
// in the catalog is complete. A crash at any moment leaves either.
//
// Thread safety: all methods, from any thread. All of them may block on the disk
// except where said. Contents, Fillings and Slices must be gone before the Store is.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/base/result.h"
#include "stagecache/model/artifact.h"
#include "stagecache/model/header.h"
#include "stagecache/store/content.h"
#include "stagecache/store/fill_record.h"
#include "stagecache/store/quota.h"
#include "stagecache/store/source_ledger.h"

namespace stagecache::store {

struct Options {
  std::filesystem::path path;
  std::uint64_t quota_bytes = 10ull << 30;
  std::uint64_t min_free_bytes = 1ull << 30;
  std::uint64_t memory_bytes = 256ull << 20;
  const Clock* clock = nullptr;  ///< Not owned; must be set.
  /// A leased content whose names are gone may be read for this long while room
  /// is wanted; then its readers are cut.
  std::chrono::seconds slow_reader_limit{60};
};

/// Counters and sizes at one moment.
struct Stats {
  Quota::Usage quota;
  std::uint64_t logical_bytes = 0;  ///< Sum of the artifacts' sizes.
  std::uint64_t artifacts = 0;
  std::uint64_t pinned = 0;
  std::uint64_t pinned_bytes = 0;
  std::uint64_t evictions = 0;
  std::uint64_t readers_cut = 0;
  std::uint64_t reopens = 0;  ///< After a failed write.
  bool writable = true;
};

struct ArtifactInfo {
  Artifact artifact;
  std::uint64_t stored_bytes = 0;
  bool pinned = false;
  WallTime last_used{};
  std::uint64_t hits = 0;
};

class Store {
 public:
  /// Opens or makes the store: sweeps what no record names, evicts down to a
  /// smaller quota. Fails with Conflict (another daemon has it open), TooNew
  /// (written by a newer version), BadInput (a quota too small to work with),
  /// DiskFull, Internal.
  static Result<std::unique_ptr<Store>> open(Options options);
  ~Store();

  // --- Reading ---------------------------------------------------------------

  /// A lease on the artifact's bytes; nullopt when it is not stored. Does not
  /// count as a use: see `touch`.
  Result<std::optional<Content>> content(const Sha256& sha256);
  /// Notes a use for LRU and the hit count. Memory only; written in batches.
  void touch(const Sha256& sha256);

  std::optional<Artifact> find_artifact(const Sha256& sha256) const;  ///< Memory only.
  std::optional<ArtifactInfo> info(const Sha256& sha256) const;       ///< Memory only.
  std::vector<ArtifactInfo> list() const;                             ///< Memory only.
  std::optional<Source> find_source(const std::string& key) const;    ///< Memory only.
  std::vector<Source> sources_of(const Sha256& sha256) const;         ///< Memory only.

  // --- Filling ---------------------------------------------------------------

  /// Sets quota aside (evicting what it must) and commits the fill record.
  /// `size` is the artifact's size where known. Fails with NoSpace when there is
  /// no room (serve it unstored), DiskFull, Internal.
  Result<std::unique_ptr<Filling>> begin_fill(FillRecord record, std::optional<std::uint64_t> size);
  /// Continues an unfinished fill behind the bytes that it has stored.
  Result<std::unique_ptr<Filling>> resume_fill(const FillRecord& record);
  std::vector<FillRecord> unfinished_fills() const;
  /// Deletes an unfinished fill and its pieces.
  Status drop_fill(ContentId id);

  // --- Changing the catalog ----------------------------------------------------

  /// Binds or updates a source (also one that finds its artifact already here).
  Status put_source(const Source& source);
  Status put_archive(const Sha256& sha256, const ArchiveSummary& summary);
  Status set_pinned(const Sha256& sha256, bool pinned);
  /// Removes an artifact that is not pinned. Fails with NotFound, or Conflict.
  /// Its source records stay, so that it can be fetched again by its digest.
  Status remove(const Sha256& sha256);
  /// Takes a damaged artifact out of service, pinned or not; the pin stays, so
  /// that the refill is pinned again.
  Status drop_damaged(const Sha256& sha256);

  /// Opaque records of other modules (jobs), by key. An empty value deletes.
  Status put_blob(const std::string& key, const std::string& value);
  std::vector<std::pair<std::string, std::string>> blobs(const std::string& prefix) const;

  // --- The ledger ----------------------------------------------------------------

  /// Notes what happened, bindings of sources excepted: `commit` and `put_source` note
  /// those in their own batch. Memory only; on the disk with the next change of the
  /// catalog, or within a second (not synced).
  void append_ledger(LedgerEntry entry);
  /// Oldest first. Fails with Corrupt, Internal.
  Result<LedgerEntries> ledger(const LedgerFilter& filter) const;

  Stats stats() const;  ///< Memory only.

  /// Runs once room is back after DiskFull, and after eviction gave back room.
  /// Called from a thread of the store; must not block, nor set another. Returns
  /// once no call of the callback before is running any more.
  void on_writable(std::function<void()> callback);

 private:
  explicit Store(std::unique_ptr<class StoreParts> parts);
  std::unique_ptr<class StoreParts> parts_;
};

}  // namespace stagecache::store
