// The keeper: the store's own thread. It deletes what nobody reads any more,
// writes usage, cuts readers that are too slow, and reopens the database after a
// failed write.

#include <algorithm>

#include "piece_writer.h"
#include "stagecache/base/file_system.h"
#include "stagecache/base/log.h"
#include "store_parts.h"

namespace stagecache::store {
namespace {

constexpr std::chrono::milliseconds kTick{500};
/// Losing this much of the order of use to a crash costs nothing.
constexpr std::chrono::seconds kUsageInterval{60};
constexpr std::chrono::seconds kMetadataInterval{10};
/// A reopen is tried when this much is free, our ballast counted as free, and room
/// to write the catalog anew.
constexpr std::uint64_t kReopenBytes = 8ull << 20;
constexpr std::uint64_t kBallastBytes = 8ull << 20;
/// A whole piece, and what a catalog write leaves free.
constexpr std::uint64_t kWritableBytes = kPieceBytes + 2 * Database::kWriteHeadroomBytes;
/// A disk that fails otherwise than by being full is not hammered: 0.5 s, 1 s, ... 16 s.
constexpr unsigned kMaxReopenPause = 32;

}  // namespace

void StoreParts::keep() {
  SteadyTime usage_written = options.clock->steady(), metadata_checked = usage_written;
  while (wait_for_work()) {
    if (database->broken()) reopen_when_due();
    tell_when_writable();
    delete_freed();
    revoke_slow_readers();
    flush_ledger();
    const SteadyTime now = options.clock->steady();
    if (now - usage_written >= kUsageInterval && !database->broken()) {
      usage_written = now;
      if (const auto written = catalog->flush_usage(); !written)
        log_warn("store: usage: {}", written.error().message);
    }
    if (now - metadata_checked >= kMetadataInterval) {
      metadata_checked = now;
      check_metadata();
      if (!database->was_refused()) keep_ballast();
    }
  }
}

void StoreParts::wake_keeper() {
  MutexLock lock(room_mutex_);
  woken_ = true;
  keeper_wakes_.notify_one();
}

/// A tick, or less when there is something to do; false at the end. Only a new
/// event wakes: what could not be deleted on a broken handle waits for the tick.
bool StoreParts::wait_for_work() {
  MutexLock lock(room_mutex_);
  if (!woken_ && !ending_) keeper_wakes_.wait_for(room_mutex_, kTick);
  woken_ = false;
  return !ending_;
}

void StoreParts::add_deletion(ContentId id) {
  MutexLock lock(room_mutex_);
  freed_.push_back(id);
  woken_ = true;
  keeper_wakes_.notify_one();
}

/// Deletes what it can. The rest stays in the queue for the next time.
void StoreParts::delete_freed() {
  std::deque<ContentId> ids;
  {
    MutexLock lock(room_mutex_);
    ids.swap(freed_);
  }
  if (ids.empty()) return;
  make_writable();
  const auto deleted = std::erase_if(ids, [this](ContentId id) { return delete_one(id); });
  {
    MutexLock lock(room_mutex_);
    freed_.insert(freed_.begin(), ids.begin(), ids.end());
    deletions_ += deleted;
    room_changed_.notify_all();
  }
  if (deleted > 0) call_on_writable();
}

/// True once the content's files are gone. A reader that is inside RocksDB at this
/// moment keeps them; they are purged now, or when we come back.
bool StoreParts::delete_one(ContentId id) {
  if (!database->delete_content(id)) return false;
  if (ledger.bytes_of(id) > 0) database->purge_obsolete();
  if (ledger.bytes_of(id) > 0) return false;
  leases.forget(id);
  return true;
}

/// What waits is kept for a better day while the disk takes nothing.
void StoreParts::flush_ledger() {
  if (database->broken() || database->was_refused()) return;
  if (const auto written = catalog->flush_ledger(); !written)
    log_warn("store: ledger: {}", written.error().message);
}

void StoreParts::revoke_slow_readers() {
  if (!room_wanted_) return;
  const std::uint64_t cut =
      leases.revoke_doomed_before(options.clock->steady() - options.slow_reader_limit);
  readers_cut += cut;
  if (cut > 0) log_warn("store: cut the readers of {} evicted contents to make room", cut);
  if (leases.doomed().empty()) room_wanted_ = false;
}

/// The catalog's share is a number; should it ever grow past it, the quota must
/// know.
void StoreParts::check_metadata() {
  constexpr std::uint64_t kWithoutTables = Database::kMetadataBytes - (4ull << 20);
  const std::uint64_t tables = database->catalog_bytes();
  // A compaction writes a table anew before it deletes the old one.
  quota.set_metadata(std::max(metadata_share(), kWithoutTables + 2 * tables));
}

void StoreParts::keep_ballast() {
  const std::filesystem::path path = options.path / "ballast";
  if (std::filesystem::exists(path)) return;
  const auto space = file_system_space(options.path);
  if (!space || space->free_bytes < 4 * kBallastBytes) return;
  if (const auto written = write_ballast(path, kBallastBytes); !written) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
}

void StoreParts::release_ballast() {
  std::error_code ignored;
  std::filesystem::remove(options.path / "ballast", ignored);
}

/// Giving room back needs some: the catalog's and the MANIFEST's next records. On a
/// disk that others have filled they come out of the ballast.
void StoreParts::make_writable() {
  if (database->broken() || database->check_room(0)) return;
  release_ballast();  // The refusal is noted: the ballast comes back with the room.
}

void StoreParts::reopen_when_due() {
  if (ticks_to_reopen_ > 0) {
    --ticks_to_reopen_;
    return;
  }
  const std::uint64_t reopened_before = reopens;
  if (!try_reopen()) return;
  const bool reopened = reopens > reopened_before;
  reopen_pause_ = reopened ? 1 : std::min(2 * reopen_pause_, kMaxReopenPause);
  ticks_to_reopen_ = reopened ? 0 : reopen_pause_;
}

/// False when there is no room to try it.
bool StoreParts::try_reopen() {
  const auto space = file_system_space(options.path);
  if (!space) return false;
  const std::uint64_t ballast_bytes = allocated_bytes(options.path / "ballast").value_or(0);
  if (space->free_bytes + ballast_bytes < kReopenBytes + 2 * database->catalog_bytes())
    return false;

  const auto count = [this](const std::vector<PieceFile>& pieces) { return count_disk(pieces); };
  if (const auto reopened = database->reopen([this] { release_ballast(); }, count); !reopened) {
    log_warn("store: reopen: {}", reopened.error().message);
    return true;
  }
  // Whatever the failed write left on the disk, memory is what was acknowledged.
  if (const auto written = catalog->rewrite(); !written) {
    database->note_broken();
    return true;
  }
  ++reopens;
  log_info("store: writable again");
  return true;
}

/// After a write was refused or failed: once there is room, fills may go on.
void StoreParts::tell_when_writable() {
  if (database->broken() || !database->was_refused()) return;
  const auto space = file_system_space(options.path);
  if (!space || space->free_bytes < kWritableBytes) return;
  keep_ballast();
  database->clear_refused();
  call_on_writable();
}

void StoreParts::set_on_writable(std::function<void()> callback) {
  MutexLock lock(writable_mutex_);
  on_writable_ = std::move(callback);
}

void StoreParts::call_on_writable() {
  MutexLock lock(writable_mutex_);
  if (on_writable_) on_writable_();
}

}  // namespace stagecache::store
