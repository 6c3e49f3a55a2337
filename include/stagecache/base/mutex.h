#pragma once
//
// A std::mutex and its condition variable that Clang's thread-safety analysis
// understands. Every field shared between threads is GUARDED_BY one of these, so
// that a forgotten lock is a compile error (preset `fuzz`, built with clang).

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define STAGECACHE_ATTRIBUTE(x) __attribute__((x))
#else
#define STAGECACHE_ATTRIBUTE(x)
#endif
#define CAPABILITY(name) STAGECACHE_ATTRIBUTE(capability(name))
#define SCOPED_CAPABILITY STAGECACHE_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(mutex) STAGECACHE_ATTRIBUTE(guarded_by(mutex))
#define REQUIRES(...) STAGECACHE_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) STAGECACHE_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) STAGECACHE_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) STAGECACHE_ATTRIBUTE(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS STAGECACHE_ATTRIBUTE(no_thread_safety_analysis)

namespace stagecache {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for the rest of its scope, but for `unlock()`/`lock()` pairs
/// around calls that must not be made under it (callbacks, disk, network).
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() {
    if (held_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() RELEASE() {
    held_ = false;
    mutex_.unlock();
  }
  void lock() ACQUIRE() {
    mutex_.lock();
    held_ = true;
  }

 private:
  Mutex& mutex_;
  bool held_ = true;
};

/// A condition variable for a Mutex. Wake-ups may be spurious: wait in a loop
/// over the condition, which the analysis can then see under the lock.
class CondVar {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS { cond_.wait(mutex); }

  /// Returns std::cv_status::timeout once `duration` has passed.
  template <class Rep, class Period>
  std::cv_status wait_for(Mutex& mutex, std::chrono::duration<Rep, Period> duration)
      REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    return cond_.wait_for(mutex, duration);
  }
  void notify_one() { cond_.notify_one(); }
  void notify_all() { cond_.notify_all(); }

 private:
  std::condition_variable_any cond_;
};

}  // namespace stagecache
