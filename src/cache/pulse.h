#pragma once
//
// Pulse calls back a moment later: a fill that has published its bytes just now
// holds the next ones back, and must not keep them when its upstream falls silent.
// One thread for all fills, asleep while nobody asked.
//
// Thread safety: all methods, from any thread. Calls run without a lock. Those not
// made yet at the end are dropped.

#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "stagecache/base/mutex.h"

namespace stagecache::cache {

class Pulse {
 public:
  explicit Pulse(std::chrono::milliseconds interval);
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  /// Runs `call` on the pulse's thread, after at most two intervals.
  void soon(std::move_only_function<void()> call) EXCLUDES(mutex_);

 private:
  void run();

  const std::chrono::milliseconds interval_;
  Mutex mutex_;
  CondVar wake_;
  std::vector<std::move_only_function<void()>> calls_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace stagecache::cache
