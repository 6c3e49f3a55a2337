#pragma once
//
// Which artifacts are asked for often at the moment? Steady time only, nothing is written
// down. Thread safety: all methods, from any thread.

#include <array>
#include <map>

#include "pack_policy.h"
#include "stagecache/base/clock.h"
#include "stagecache/base/mutex.h"

namespace stagecache::cache {

class RecentHits {
 public:
  /// One more whole hit. True: it is asked for often (kOftenHits in kOftenTime).
  bool note(const Sha256& sha256, SteadyTime now) EXCLUDES(mutex_);
  bool is_often(const Sha256& sha256, SteadyTime now) const EXCLUDES(mutex_);
  /// It counts from zero again.
  void forget(const Sha256& sha256) EXCLUDES(mutex_);

 private:
  /// The last ones, the oldest first.
  using Times = std::array<SteadyTime, kOftenHits>;
  static bool often(const Times& times, SteadyTime now);

  mutable Mutex mutex_;
  std::map<Sha256, Times> times_ GUARDED_BY(mutex_);
  SteadyTime swept_at_ GUARDED_BY(mutex_){};
};

}  // namespace stagecache::cache
