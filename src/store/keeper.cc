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
/// A reopen is tried when this much is free, our ballast counted as free.
constexpr std::uint64_t kReopenBytes = 8ull << 20;
constexpr std::uint64_t kBallastBytes = 8ull << 20;

}  // namespace

void StoreParts::keep() {
  SteadyTime usage_written = options.clock->steady(), metadata_checked = usage_written;
  for (;;) {
    {
      MutexLock lock(room_mutex_);
      if (freed_.empty() && !ending_) keeper_wakes_.wait_for(room_mutex_, kTick);
      if (ending_) return;
    }
    if (database->broken()) try_reopen();
    tell_when_writable();
    delete_freed();
    revoke_slow_readers();
    const SteadyTime now = options.clock->steady();
    if (now - usage_written >= kUsageInterval && !database->broken()) {
      usage_written = now;
      if (const auto written = catalog->flush_usage(); !written)
        log_warn("store: usage: {}", written.error().message);
    }
    if (now - metadata_checked >= kMetadataInterval) {
      metadata_checked = now;
      check_metadata();
    }
  }
}

void StoreParts::delete_freed() {
  for (;;) {
    ContentId id = 0;
    {
      MutexLock lock(room_mutex_);
      if (freed_.empty()) return;
      id = freed_.front();
    }
    // On a broken handle it stays in the queue until the reopen.
    if (const auto deleted = database->delete_content(id); !deleted) return;
    leases.forget(id);
    MutexLock lock(room_mutex_);
    freed_.pop_front();
    ++deletions_;
    room_changed_.notify_all();
  }
}

void StoreParts::revoke_slow_readers() {
  if (!room_wanted_) return;
  const std::uint64_t cut =
      leases.revoke_doomed_before(options.clock->steady() - options.slow_reader_limit);
  readers_cut += cut;
  if (cut > 0) log_warn("store: cut the readers of {} evicted contents to make room", cut);
  if (!leases.any_doomed()) room_wanted_ = false;
}

/// The catalog's share is a number; should it ever grow past it, the quota must
/// know.
void StoreParts::check_metadata() {
  constexpr std::uint64_t kWithoutTables = Database::kMetadataBytes - (4ull << 20);
  const std::uint64_t tables = database->catalog_bytes();
  // A compaction writes a table anew before it deletes the old one.
  quota.set_metadata(std::max(Database::kMetadataBytes, kWithoutTables + 2 * tables));
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

void StoreParts::try_reopen() {
  const std::filesystem::path ballast = options.path / "ballast";
  const auto space = file_system_space(options.path);
  if (!space) return;
  const std::uint64_t ballast_bytes = allocated_bytes(ballast).value_or(0);
  if (space->free_bytes + ballast_bytes < kReopenBytes) return;

  const auto remove_ballast = [&ballast] {
    std::error_code ignored;
    std::filesystem::remove(ballast, ignored);
  };
  const auto count = [this](const std::vector<PieceFile>& pieces) { return count_disk(pieces); };
  if (const auto reopened = database->reopen(remove_ballast, count); !reopened) {
    log_warn("store: reopen: {}", reopened.error().message);
    return;
  }
  // Whatever the failed write left on the disk, memory is what was acknowledged.
  if (const auto written = catalog->rewrite(); !written) return;
  ++reopens;
  log_info("store: writable again");
}

/// After a write was refused or failed: once there is room, fills may go on.
void StoreParts::tell_when_writable() {
  if (database->broken() || !database->was_refused()) return;
  const auto space = file_system_space(options.path);
  if (!space || space->free_bytes < 2 * kBallastBytes) return;
  keep_ballast();
  database->clear_refused();
  if (on_writable) on_writable();
}

}  // namespace stagecache::store
