#pragma once
//
// Catalog: the names of everything that is stored, in memory and, one synced
// batch a change, in RocksDB. A change is visible only once it is durable.
//
// INVARIANT: memory equals the disk, but for usage (written in batches). After a
// failed write the disk may hold more; `rewrite` makes them equal again.
//
// Thread safety: all methods, from any thread. Queries touch memory only.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "database.h"
#include "ledger_file.h"
#include "record_codec.h"
#include "stagecache/base/mutex.h"
#include "stagecache/model/artifact.h"
#include "stagecache/store/fill_record.h"

namespace stagecache::store {

class Catalog {
 public:
  Catalog(Database& database, LedgerFile::Limits ledger_limits)
      : database_(database), ledger_(database, ledger_limits) {}

  /// Reads everything. Fails with TooNew, Corrupt.
  Status load();
  /// Writes everything that is in memory in the place of what is on the disk.
  Status rewrite() EXCLUDES(commit_mutex_, mutex_);

  struct Entry {
    Artifact artifact;
    Usage usage;
    std::uint64_t use_order = 0;  ///< Counts uses of this run: orders those of one second.
    bool pinned = false;
    std::vector<Sha256> dependants = {};  ///< Stored as differences to it; in order.
  };
  std::optional<Entry> find(const Sha256& sha256) const EXCLUDES(mutex_);
  std::vector<Entry> list() const EXCLUDES(mutex_);
  std::optional<Source> find_source(const std::string& key) const EXCLUDES(mutex_);
  std::vector<Source> sources_of(const Sha256& sha256) const EXCLUDES(mutex_);
  std::vector<FillRecord> fills() const EXCLUDES(mutex_);
  bool has_fill(ContentId id) const EXCLUDES(mutex_);
  std::vector<std::pair<std::string, std::string>> blobs(const std::string& prefix) const
      EXCLUDES(mutex_);
  /// Content ids that a record names.
  std::set<ContentId> named_contents() const EXCLUDES(mutex_);

  /// A content id never used before. Its block is durable before it is given out.
  Result<ContentId> new_id() EXCLUDES(commit_mutex_, mutex_);
  /// At start: ids up to `highest` were used.
  void skip_ids(ContentId highest) EXCLUDES(mutex_);

  Status put_fill(const FillRecord& fill) EXCLUDES(commit_mutex_, mutex_);
  /// Fails with Cancelled when the fill was dropped: its record must not come back.
  Status update_fill(const FillRecord& fill) EXCLUDES(commit_mutex_, mutex_);
  Status drop_fill(ContentId id) EXCLUDES(commit_mutex_, mutex_);
  /// Ends a fill: its source, and its artifact unless another fill stored it.
  enum class NewArtifact { Yes, AlreadyStored };
  Status commit_fill(ContentId fill, const Artifact& artifact, const Source& source, bool pin,
                     NewArtifact is_new) EXCLUDES(commit_mutex_, mutex_);
  Status put_source(const Source& source) EXCLUDES(commit_mutex_, mutex_);
  Status put_archive(const Sha256& sha256, const ArchiveSummary& summary)
      EXCLUDES(commit_mutex_, mutex_);
  Status set_pinned(const Sha256& sha256, bool pinned) EXCLUDES(commit_mutex_, mutex_);
  /// The forms that an artifact has from now on; with none it goes, and its sources stay.
  struct Forms {
    Sha256 sha256;
    ContentId raw_content = 0;
    std::optional<PackedForm> packed = {};

    bool none() const { return raw_content == 0 && !packed; }
  };
  /// All in one batch. Unknown artifacts are passed over.
  Status set_forms(const std::vector<Forms>& changes) EXCLUDES(commit_mutex_, mutex_);
  Status put_blob(const std::string& key, const std::string& value) EXCLUDES(commit_mutex_, mutex_);

  void touch(const Sha256& sha256, WallTime now) EXCLUDES(mutex_);
  /// Writes the uses noted since the last call. Not synced: losing some costs
  /// nothing but a slightly older order of eviction.
  Status flush_usage() EXCLUDES(commit_mutex_, mutex_);

  /// Bindings of sources are noted by the changes above, in their own batch. What is
  /// noted here is written with the next change, or flushed; that is not synced.
  void note(LedgerEntry entry) { ledger_.note(std::move(entry)); }
  Status flush_ledger() EXCLUDES(commit_mutex_, mutex_);
  Result<LedgerEntries> ledger(const LedgerFilter& filter) const { return ledger_.find(filter); }

 private:
  struct Stored {
    Artifact artifact;
    Usage usage;
    std::uint64_t use_order = 0;
  };

  Status check_format();
  Status load_artifacts() REQUIRES(mutex_);
  Status load_usage() REQUIRES(mutex_);
  Status load_others() REQUIRES(mutex_);
  Status write_fill(const FillRecord& fill) REQUIRES(commit_mutex_) EXCLUDES(mutex_);
  Entry entry_of(const Stored& stored) const REQUIRES(mutex_);
  void set_packed(Artifact& artifact, std::optional<PackedForm> packed) REQUIRES(mutex_);
  std::optional<std::string> source_to_forget(const std::string& added) const EXCLUDES(mutex_);

  Database& database_;
  LedgerFile ledger_;
  Mutex commit_mutex_;  // Held over a write and the change of memory after it. Before mutex_.
  mutable Mutex mutex_;
  std::unordered_map<Sha256, Stored> artifacts_ GUARDED_BY(mutex_);
  std::unordered_map<Sha256, std::set<Sha256>> dependants_ GUARDED_BY(mutex_);  // By their base.
  std::unordered_set<Sha256> pins_ GUARDED_BY(mutex_);  // Also of what is not stored (yet).
  std::unordered_set<Sha256> used_ GUARDED_BY(mutex_);  // Usage not yet written.
  std::unordered_map<std::string, Source> sources_ GUARDED_BY(mutex_);
  std::map<ContentId, FillRecord> fills_ GUARDED_BY(mutex_);
  std::map<std::string, std::string> blobs_ GUARDED_BY(mutex_);
  std::uint64_t uses_ GUARDED_BY(mutex_) = 0;
  ContentId next_id_ GUARDED_BY(mutex_) = 1;
  ContentId reserved_ids_end_ GUARDED_BY(mutex_) = 1;
};

}  // namespace stagecache::store
