#pragma once
//
// What a Store is made of, shared by its leases and fills. Private to the module.
//
// Lock order: writable_mutex_ -> reserve_mutex_ -> names_mutex_ -> Catalog's commit_mutex_ ->
// Catalog's mutex_; LeaseTable, PieceLedger, Quota and room_mutex_ are leaves.

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "catalog.h"
#include "database.h"
#include "eviction.h"
#include "lease_table.h"
#include "piece_ledger.h"
#include "stagecache/base/mutex.h"
#include "stagecache/store/quota.h"
#include "stagecache/store/store.h"

namespace stagecache::store {

/// Who asks for room, and so what is done where there is none.
enum class RoomFor {
  Fill,        ///< Evict; wait for readers of what is evicted to end.
  Form,        ///< Evict; wait no longer than a deletion takes.
  FormIfFree,  ///< Nothing.
};

class StoreParts {
 public:
  StoreParts(Options options, int lock_file);
  ~StoreParts();

  /// Opens the database, sweeps, counts; then starts the keeper.
  Status start();

  /// Quota and free space for `bytes` more on the disk, evicting what it must and may.
  /// Waits a moment for room that is about to come back. Fails with NoSpace.
  Result<Quota::Reservation> reserve(std::uint64_t bytes, RoomFor whom)
      EXCLUDES(reserve_mutex_, room_mutex_, names_mutex_);

  /// A lease on the raw form, on the packed one and its keyframe; nullopt when that is not
  /// stored. Memory only.
  std::optional<Content> lease_raw(const Sha256& sha256);
  std::optional<PackedContent> lease_packed(const Sha256& sha256);

  /// A content that exists from now on, under an id never used before.
  Result<std::shared_ptr<LeaseTable::Lease>> new_content();
  /// Deletes the content once nobody reads it. REQUIRES: no record names it.
  void doom(ContentId id);

  // forms.cc: changes of what lies on the disk of an artifact. Names go in one batch, then
  // contents are doomed.
  /// Gives up what may still be given up.
  Status evict_forms(const std::vector<Victim>& victims) EXCLUDES(names_mutex_);
  Status remove(const Sha256& sha256) EXCLUDES(names_mutex_);
  Status drop_form(const Sha256& sha256, Form form) EXCLUDES(names_mutex_);
  Result<std::vector<Artifact>> drop_damaged(const Artifact& seen, Form damaged)
      EXCLUDES(names_mutex_);
  /// Nothing of these is evicted until `unkeep`.
  void keep_from_eviction(const std::vector<Sha256>& artifacts) EXCLUDES(names_mutex_);
  void unkeep(const std::vector<Sha256>& artifacts) EXCLUDES(names_mutex_);
  /// A written form, and what must still be as it was when it was begun.
  struct NewForm {
    Sha256 sha256;
    Form form = Form::Packed;
    ContentId content = 0;
    std::uint64_t size = 0;
    std::optional<Sha256> base = {};
    ContentId base_content = 0;  ///< Of the keyframe.
    FormWriter::RawForm raw_form = FormWriter::RawForm::Keep;
  };
  Status commit_form(const NewForm& form) EXCLUDES(names_mutex_);

  /// Ends a fill. Where another source's fill stored the same bytes first, ours
  /// stay for their followers and go with the last of them.
  Status commit_fill(ContentId id, const Artifact& artifact, const Source& source, bool pin)
      EXCLUDES(names_mutex_);
  Status set_pinned(const Sha256& sha256, bool pinned) EXCLUDES(names_mutex_);
  Status drop_fill(ContentId id) EXCLUDES(names_mutex_);

  /// Memory that a content in the making holds comes off the block cache.
  void writer_began();
  void writer_ended();

  /// Returns once no call of the callback before is running any more.
  void set_on_writable(std::function<void()> callback) EXCLUDES(writable_mutex_);

  std::filesystem::path incoming_path() const { return options.path / "incoming"; }

  const Options options;
  Quota quota;
  PieceLedger ledger;
  LeaseTable leases;
  std::unique_ptr<Database> database;  // Set by start().
  std::unique_ptr<Catalog> catalog;    // Set by start().

  std::atomic<std::uint64_t> evictions = 0;
  std::atomic<std::uint64_t> readers_cut = 0;
  std::atomic<std::uint64_t> reopens = 0;

 private:
  // start.cc
  std::uint64_t metadata_share() const;
  Status open_database();
  void add_deletion(ContentId id) EXCLUDES(room_mutex_);
  Status clean_incoming();
  Status count_disk(const std::vector<PieceFile>& pieces);
  void sweep();
  void drop_lost_forms();
  bool has_keyframe(const PackedForm& packed) const;
  void evict_to_quota();
  void share_memory(std::uint64_t writers);

  // forms.cc
  class FormChanges;
  Status apply(const FormChanges& changes) REQUIRES(names_mutex_);

  // reserve.cc
  std::uint64_t missing_for(std::uint64_t bytes) const;
  Pending pending_bytes() const;
  std::vector<Candidate> candidates() EXCLUDES(names_mutex_);
  Status evict(std::uint64_t bytes, Pending pending) EXCLUDES(names_mutex_);
  std::uint64_t deletions() EXCLUDES(room_mutex_);
  bool wait_for_room(std::uint64_t seen, SteadyTime deadline) EXCLUDES(room_mutex_);

  // keeper.cc: one thread that deletes, writes usage, reopens.
  void keep();
  void wake_keeper() EXCLUDES(room_mutex_);
  bool wait_for_work() EXCLUDES(room_mutex_);
  void delete_freed() EXCLUDES(room_mutex_);
  bool delete_one(ContentId id);
  void reopen_when_due();
  bool try_reopen();
  void release_ballast();
  void make_writable();
  void tell_when_writable();
  void call_on_writable() EXCLUDES(writable_mutex_);
  void flush_ledger();
  void revoke_slow_readers();
  void check_metadata();
  void keep_ballast();

  const int lock_file_;  // Held for the life of the store.
  Mutex names_mutex_;    // Looking at an artifact's record and changing it are one step.
  std::multiset<Sha256> kept_ GUARDED_BY(names_mutex_);
  Mutex reserve_mutex_;  // One at a time decides what to evict.
  std::atomic<bool> room_wanted_ = false;
  std::atomic<std::uint64_t> writers_ = 0;

  Mutex writable_mutex_;  // Held while the callback runs: before all others.
  std::function<void()> on_writable_ GUARDED_BY(writable_mutex_);

  Mutex room_mutex_;
  CondVar room_changed_;
  std::deque<ContentId> freed_ GUARDED_BY(room_mutex_);  // Doomed, unread: delete.
  std::uint64_t deletions_ GUARDED_BY(room_mutex_) = 0;
  bool woken_ GUARDED_BY(room_mutex_) = false;
  bool ending_ GUARDED_BY(room_mutex_) = false;
  CondVar keeper_wakes_;
  // Owned by the keeper.
  unsigned ticks_to_reopen_ = 0;
  unsigned reopen_pause_ = 1;
  std::thread keeper_;
};

}  // namespace stagecache::store
