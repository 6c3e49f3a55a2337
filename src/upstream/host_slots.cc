#include "upstream/host_slots.h"

#include <algorithm>

#include "stagecache/base/check.h"

namespace stagecache::upstream {

Result<HostSlots::Slot> HostSlots::acquire(const std::string& host, std::uint32_t limit,
                                           std::stop_token stop) {
  // Built before the lock and destroyed after it: both may run the callback, which locks.
  const std::stop_callback wake(stop, [this] {
    MutexLock lock(mutex_);
    freed_or_stopped_.notify_all();
  });

  MutexLock lock(mutex_);
  while (running_[host] >= std::max(limit, 1U)) {
    if (stop.stop_requested())
      return fail(ErrorCode::Cancelled, "cancelled while waiting for a connection to " + host);
    freed_or_stopped_.wait(mutex_);
  }
  ++running_[host];
  return Slot(*this, host);
}

Result<HostSlots::Slot> HostSlots::try_acquire(const std::string& host, std::uint32_t limit) {
  MutexLock lock(mutex_);
  if (const auto now = running_.find(host);
      now != running_.end() && now->second >= std::max(limit, 1U))
    return fail(ErrorCode::Busy, "every connection to " + host + " is in use");
  ++running_[host];
  return Slot(*this, host);
}

void HostSlots::give_back(const std::string& host) {
  MutexLock lock(mutex_);
  const auto found = running_.find(host);
  CHECK(found != running_.end() && found->second > 0);
  if (--found->second == 0) running_.erase(found);
  freed_or_stopped_.notify_all();
}

}  // namespace stagecache::upstream
