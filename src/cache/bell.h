#pragma once
//
// Bell wakes one thread. It may outlive that thread in the hands of downloads that call back late.
//
// Thread safety: all methods, from any thread.

#include <chrono>
#include <cstdint>

#include "stagecache/base/mutex.h"

namespace stagecache::cache {

class Bell {
 public:
  enum class Heard { Ring, Nothing, End };

  void ring() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ++times_;
    rung_.notify_all();
  }
  void end() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ended_ = true;
    rung_.notify_all();
  }
  bool has_ended() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return ended_;
  }
  std::uint64_t times() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return times_;
  }
  /// Returns at once when it rang since it had rung `before` times.
  Heard wait(std::uint64_t before, std::chrono::nanoseconds at_most) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (!ended_ && times_ == before) rung_.wait_for(mutex_, at_most);
    if (ended_) return Heard::End;
    return times_ == before ? Heard::Nothing : Heard::Ring;
  }

 private:
  Mutex mutex_;
  CondVar rung_;
  std::uint64_t times_ GUARDED_BY(mutex_) = 0;
  bool ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace stagecache::cache
