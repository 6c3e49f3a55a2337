#include "recent_hits.h"

#include <algorithm>

namespace stagecache::cache {
namespace {

/// Those that are forgotten anyway are looked for this often, not at each hit.
constexpr std::chrono::minutes kSweepEvery{1};

}  // namespace

bool RecentHits::often(const Times& times, SteadyTime now) {
  return times.front() != SteadyTime() && now - times.front() <= kOftenTime;
}

bool RecentHits::note(const Sha256& sha256, SteadyTime now) {
  MutexLock lock(mutex_);
  if (now - swept_at_ >= kSweepEvery) {
    std::erase_if(times_,
                  [now](const auto& entry) { return now - entry.second.back() > kOftenTime; });
    swept_at_ = now;
  }
  Times& times = times_[sha256];
  std::ranges::copy(times.begin() + 1, times.end(), times.begin());
  times.back() = now;
  return often(times, now);
}

bool RecentHits::is_often(const Sha256& sha256, SteadyTime now) const {
  MutexLock lock(mutex_);
  const auto known = times_.find(sha256);
  return known != times_.end() && often(known->second, now);
}

void RecentHits::forget(const Sha256& sha256) {
  MutexLock lock(mutex_);
  times_.erase(sha256);
}

}  // namespace stagecache::cache
