// Making room: quota and free disk space, by eviction where there is none.

#include <fmt/format.h>

#include <algorithm>

#include "eviction.h"
#include "piece_writer.h"
#include "stagecache/base/file_system.h"
#include "stagecache/base/log.h"
#include "store_parts.h"

namespace stagecache::store {
namespace {

/// A miss must answer within seconds: longer than this nobody waits for readers of
/// an evicted artifact to end. The bytes then pass through unstored.
constexpr std::chrono::milliseconds kRoomWait{2000};
/// Long enough for deletions. Fills wait behind a form that waits.
constexpr std::chrono::milliseconds kFormWait{250};

}  // namespace

/// How many bytes of our own must go before `bytes` more may come; 0: none.
std::uint64_t StoreParts::missing_for(std::uint64_t bytes) const {
  const Quota::Usage usage = quota.usage();
  const std::uint64_t quota_missing = bytes > usage.free() ? bytes - usage.free() : 0;

  const auto space = file_system_space(options.path);
  if (!space) return quota_missing;
  // What fills were promised and have not written yet is as good as gone.
  const std::uint64_t wanted_free = options.min_free_bytes + usage.reserved + bytes;
  const std::uint64_t disk_missing =
      wanted_free > space->free_bytes ? wanted_free - space->free_bytes : 0;
  return std::max(quota_missing, disk_missing);
}

Result<Quota::Reservation> StoreParts::reserve(std::uint64_t bytes, RoomFor whom) {
  // From before the lock: ten fills that wait for each other take no longer.
  auto deadline = std::chrono::steady_clock::now() + kRoomWait;
  MutexLock lock(reserve_mutex_);
  // From here: a form that came behind a fill must not evict and then have no time to wait.
  if (whom != RoomFor::Fill) deadline = std::chrono::steady_clock::now() + kFormWait;
  const Quota::Usage usage = quota.usage();
  if (usage.metadata + bytes > usage.limit)
    return fail(ErrorCode::NoSpace, fmt::format("need {} bytes on the disk, the whole quota is {}",
                                                bytes, usage.limit));
  for (;;) {
    // Both before `missing_for`: a deletion in between is then not counted twice.
    const std::uint64_t seen = deletions();
    const Pending pending = pending_bytes();
    const std::uint64_t missing = missing_for(bytes);
    if (missing == 0) return quota.reserve(bytes);
    if (whom == RoomFor::FormIfFree)
      return fail(ErrorCode::NoSpace,
                  fmt::format("need {} bytes more on the disk than are free", missing));
    RETURN_IF_ERROR(evict(missing, pending));
    if (whom == RoomFor::Fill) room_wanted_ = true;
    if (!wait_for_room(seen, deadline)) {
      return fail(ErrorCode::NoSpace,
                  fmt::format("need {} bytes more on the disk than quota and min_free leave, and "
                              "evicted artifacts are still being read",
                              missing));
    }
  }
}

/// What doomed contents still take.
Pending StoreParts::pending_bytes() const {
  Pending pending;
  for (const LeaseTable::Doomed& doomed : leases.doomed()) {
    const std::uint64_t bytes = ledger.bytes_of(doomed.id);
    (doomed.readers > 0 ? pending.read_bytes : pending.unread_bytes) += bytes;
  }
  return pending;
}

/// What lies on the disk of each artifact, for the policy.
std::vector<Candidate> StoreParts::candidates() {
  const auto stored = [this](ContentId id) -> std::optional<Candidate::Stored> {
    if (id == 0) return std::nullopt;
    return Candidate::Stored{.bytes = ledger.bytes_of(id), .in_use = leases.leased(id)};
  };
  std::multiset<Sha256> kept;
  {
    MutexLock lock(names_mutex_);
    kept = kept_;
  }
  // What changes from here on evict_forms() sees.
  std::vector<Candidate> found;
  for (const Catalog::Entry& entry : catalog->list()) {
    const PackedForm packed = entry.artifact.packed.value_or(PackedForm{});
    found.push_back({.sha256 = entry.artifact.sha256,
                     .raw = stored(entry.artifact.raw_content),
                     .packed = stored(packed.content),
                     .base = packed.base,
                     .last_used = entry.usage.last_used,
                     .use_order = entry.use_order,
                     .pinned = entry.pinned,
                     .kept = kept.contains(entry.artifact.sha256)});
  }
  return found;
}

/// Gives forms up until `bytes` come back, now or once their readers end.
Status StoreParts::evict(std::uint64_t bytes, Pending pending) {
  const auto victims = choose_victims(candidates(), bytes, pending);
  if (!victims)
    return fail(ErrorCode::NoSpace,
                fmt::format("need {} bytes more on the disk than quota ({}) and min_free ({}) "
                            "leave, and what is not pinned is less than that",
                            bytes, options.quota_bytes, options.min_free_bytes));
  return victims->empty() ? Status() : evict_forms(*victims);
}

void StoreParts::doom(ContentId id) {
  leases.doom(id, options.clock->steady());
}

std::uint64_t StoreParts::deletions() {
  MutexLock lock(room_mutex_);
  return deletions_;
}

/// Waits until something was deleted after `seen` was read; false at the deadline.
bool StoreParts::wait_for_room(std::uint64_t seen, SteadyTime deadline) {
  MutexLock lock(room_mutex_);
  while (deletions_ == seen) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= deadline || ending_) return false;
    room_changed_.wait_for(room_mutex_, deadline - now);
  }
  return true;
}

}  // namespace stagecache::store
