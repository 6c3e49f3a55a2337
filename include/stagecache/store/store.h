#pragma once
//
// The store keeps artifacts on one disk, under one hard quota, in RocksDB.
//
//   content   bytes of one form of an artifact, as pieces (SST files of 16 MiB) of
//             chunks (512 KiB), written beside the database and ingested: no WAL,
//             no memtable, no compaction ever touches them.
//   catalog   small synced records: artifacts, sources, fills, pins, usage, jobs.
//
// An artifact lies raw, packed, or both. Of the packed ones some are keyframes, which
// others are differences to; a difference to a difference there is not.
//
// What it refuses to do: talk to the network, decide what is fresh, pack, verify a
// digest while filling (the cache does that, and says `commit`).
//
// INVARIANT: bytes on disk never pass the quota (quota.h). INVARIANT: an artifact
// in the catalog is complete, and so is the keyframe that it needs. A crash at any
// moment leaves either.
//
// Thread safety: all methods, from any thread. All of them may block on the disk
// except where said. Contents, Fillings, FormWriters and Slices must be gone before the
// Store is.

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
#include "stagecache/store/form_writer.h"
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
  // On the disk. Their sum is what all artifacts take.
  std::uint64_t raw_bytes = 0;
  std::uint64_t packed_bytes = 0;    ///< Differences, and keyframes that nobody needs.
  std::uint64_t keyframe_bytes = 0;  ///< Shared: keyframes that others are differences to.
  std::uint64_t artifacts = 0;
  std::uint64_t packed_artifacts = 0;  ///< That lie packed, whether raw too or not.
  std::uint64_t pinned = 0;
  std::uint64_t pinned_bytes = 0;
  std::uint64_t evictions = 0;  ///< Artifacts; not raw forms of what stays packed.
  std::uint64_t readers_cut = 0;
  std::uint64_t reopens = 0;  ///< After a failed write.
  bool writable = true;
};

struct ArtifactInfo {
  Artifact artifact;
  std::uint64_t stored_bytes = 0;  ///< On the disk: both forms together.
  std::uint64_t raw_bytes = 0;
  std::uint64_t packed_bytes = 0;
  std::vector<Sha256> dependants;  ///< Stored as differences to this one; in order.
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

  /// A lease on the artifact's raw form; nullopt when it is not stored, or only packed.
  /// Does not count as a use: see `touch`. Memory only.
  Result<std::optional<Content>> content(const Sha256& sha256);
  /// Leases on the packed form and on the keyframe that it needs; nullopt when it is not
  /// stored, or only raw. Memory only.
  Result<std::optional<PackedContent>> packed(const Sha256& sha256);
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

  // --- Forms ---------------------------------------------------------------------

  /// MayEvict: makes room as a fill does, but never waits for readers to end. FreeOnly: takes
  /// what nobody uses, and min_free and the quota leave.
  enum class Room { MayEvict, FreeOnly };
  struct FormOrder {
    Sha256 sha256;
    Form form = Form::Packed;
    /// Reserved at once; more is reserved as it comes, what is left over goes back.
    std::uint64_t expected_bytes = 0;
    Room room = Room::FreeOnly;
    std::vector<Sha256> keep = {};  ///< Not to be evicted meanwhile: the base.
  };
  /// Fails with NotFound when the artifact is not stored, Conflict when it has that form,
  /// NoSpace, DiskFull, Internal.
  Result<std::unique_ptr<FormWriter>> begin_form(FormOrder order);
  /// Gives up one of an artifact's two forms. Nothing happens where it has no such form. Fails
  /// with NotFound, Conflict where it is the only one or a keyframe that others need, DiskFull.
  Status drop_form(const Sha256& sha256, Form form);
  /// Takes a damaged form out of service, pinned or not. A keyframe takes the packed forms of
  /// its dependants with it. An artifact that keeps another form stays. The others leave the
  /// catalog and are returned, as they were, to be fetched again; their pins stay, so that the
  /// refills are pinned again. `seen`: the artifact as it was when the damage showed; nothing
  /// happens where that form has gone or other bytes have taken its place since.
  Result<std::vector<Artifact>> drop_damaged(const Artifact& seen, Form damaged);

  // --- Changing the catalog ----------------------------------------------------

  /// Binds or updates a source (also one that finds its artifact already here).
  Status put_source(const Source& source);
  Status put_archive(const Sha256& sha256, const ArchiveSummary& summary);
  Status set_pinned(const Sha256& sha256, bool pinned);
  /// Removes an artifact that is not pinned. Fails with NotFound, or Conflict where it is
  /// pinned or others are stored as differences to it, which are named.
  /// Its source records stay, so that it can be fetched again by its digest.
  Status remove(const Sha256& sha256);

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
