#pragma once
//
// HeadDeadlines calls back, once, those that have waited for too long. All wait
// equally long, so a queue in order of arrival is all it takes, and one thread.
//
// Thread safety: all methods, from any thread. Callbacks come from its thread;
// those that are not due when it ends are dropped.

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <thread>

#include "stagecache/base/mutex.h"

namespace stagecache::http {

class HeadDeadlines {
 public:
  using Callback = std::function<void()>;

  explicit HeadDeadlines(std::chrono::milliseconds timeout);
  ~HeadDeadlines();

  /// Calls `callback` when the timeout is over, if somebody still holds it: the
  /// one who waits drops it when his answer has come.
  void add(const std::shared_ptr<Callback>& callback) EXCLUDES(mutex_);

 private:
  struct Entry {
    std::chrono::steady_clock::time_point due;
    std::weak_ptr<Callback> callback;
  };

  void run() EXCLUDES(mutex_);

  const std::chrono::milliseconds timeout_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Entry> entries_ GUARDED_BY(mutex_);
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace stagecache::http
