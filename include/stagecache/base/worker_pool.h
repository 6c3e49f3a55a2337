#pragma once
//
// A fixed number of named threads that take work from one bounded queue. All
// blocking work below the HTTP layer runs on one of these.
//
// Shutdown: the destructor runs what is queued, then joins. Work that can last
// long takes a std::stop_token of its own.
// Thread safety: all methods, from any thread, also from work of the pool itself.

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "stagecache/base/mutex.h"

namespace stagecache {

class WorkerPool {
 public:
  using Work = std::move_only_function<void()>;

  struct Options {
    std::string name;  ///< Thread name, at most 15 characters (Linux).
    std::size_t threads = 1;
    std::size_t queue_limit = 1024;  ///< Pieces of work waiting for a thread.
  };

  explicit WorkerPool(Options options);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Queues `work`. Returns false, and drops it, when the queue is at its limit
  /// or the pool is shutting down.
  [[nodiscard]] bool try_post(Work work) EXCLUDES(mutex_);

 private:
  void run();

  const Options options_;
  Mutex mutex_;
  CondVar work_or_end_;
  std::deque<Work> queue_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // Started by the constructor, joined by the destructor.
};

}  // namespace stagecache
