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
  while (running_[host].transfers >= std::max(limit, 1U)) {
    if (stop.stop_requested())
      return fail(ErrorCode::Cancelled, "cancelled while waiting for a connection to " + host);
    freed_or_stopped_.wait(mutex_);
  }
  ++running_[host].transfers;
  return Slot(*this, host);
}

Result<HostSlots::Slot> HostSlots::try_acquire(const std::string& host, std::uint32_t limit) {
  MutexLock lock(mutex_);
  if (const auto now = running_.find(host);
      now != running_.end() && now->second.transfers >= std::max(limit, 1U))
    return fail(ErrorCode::Busy, "every connection to " + host + " is in use");
  ++running_[host].transfers;
  return Slot(*this, host);
}

std::map<std::string, std::uint32_t> HostSlots::running() const {
  MutexLock lock(mutex_);
  std::map<std::string, std::uint32_t> counts;
  for (const auto& [host, now] : running_) counts.emplace(host, now.transfers);
  return counts;
}

std::chrono::milliseconds HostSlots::pace(const std::string& host, std::size_t bytes,
                                          std::uint64_t rate) {
  if (rate == 0) return {};
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::duration<double> costs(static_cast<double>(bytes) / static_cast<double>(rate));
  MutexLock lock(mutex_);
  // Silence earns nothing: a burst after it would be above the rate.
  auto& paid = running_.at(host).paid_until;
  paid = std::max(paid, now) + std::chrono::ceil<std::chrono::steady_clock::duration>(costs);
  return std::chrono::ceil<std::chrono::milliseconds>(paid - now);
}

void HostSlots::give_back(const std::string& host) {
  MutexLock lock(mutex_);
  const auto found = running_.find(host);
  CHECK(found != running_.end() && found->second.transfers > 0);
  if (--found->second.transfers == 0) running_.erase(found);
  freed_or_stopped_.notify_all();
}

}  // namespace stagecache::upstream
