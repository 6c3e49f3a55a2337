#include "lease_table.h"

#include "stagecache/base/check.h"

namespace stagecache::store {

LeaseTable::LeaseTable(std::function<void(ContentId)> on_free) : on_free_(std::move(on_free)) {}

void LeaseTable::add(ContentId id) {
  MutexLock lock(mutex_);
  CHECK(entries_.emplace(id, Entry{}).second);
}

std::shared_ptr<LeaseTable::Lease> LeaseTable::acquire(ContentId id) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.doomed) return nullptr;
  ++found->second.count;
  return std::make_shared<Lease>(*this, id, found->second.revoked);
}

void LeaseTable::doom(ContentId id, SteadyTime now) {
  {
    MutexLock lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end() || found->second.doomed) return;
    found->second.doomed = true;
    found->second.doomed_at = now;
    if (found->second.count > 0) return;
  }
  on_free_(id);
}

void LeaseTable::release(ContentId id) {
  {
    MutexLock lock(mutex_);
    Entry& entry = entries_.at(id);
    CHECK(entry.count > 0);
    if (--entry.count > 0 || !entry.doomed) return;
  }
  on_free_(id);
}

void LeaseTable::forget(ContentId id) {
  MutexLock lock(mutex_);
  entries_.erase(id);
}

std::uint64_t LeaseTable::revoke_doomed_before(SteadyTime time) {
  MutexLock lock(mutex_);
  std::uint64_t contents = 0;
  for (auto& [id, entry] : entries_)
    if (entry.doomed && entry.count > 0 && entry.doomed_at < time && !entry.revoked->exchange(true))
      ++contents;
  return contents;
}

std::vector<LeaseTable::Doomed> LeaseTable::doomed() const {
  MutexLock lock(mutex_);
  std::vector<Doomed> found;
  for (const auto& [id, entry] : entries_)
    if (entry.doomed) found.push_back({id, entry.count});
  return found;
}

bool LeaseTable::leased(ContentId id) const {
  MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  return found != entries_.end() && found->second.count > 0;
}

}  // namespace stagecache::store
