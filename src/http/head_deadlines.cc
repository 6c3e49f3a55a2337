#include "http/head_deadlines.h"

#include <pthread.h>

#include <utility>

namespace stagecache::http {

using std::chrono::steady_clock;

HeadDeadlines::HeadDeadlines(std::chrono::milliseconds timeout)
    : timeout_(timeout), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "http-deadlines");
}

HeadDeadlines::~HeadDeadlines() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void HeadDeadlines::add(const std::shared_ptr<Callback>& callback) {
  MutexLock lock(mutex_);
  entries_.push_back({steady_clock::now() + timeout_, callback});
  if (entries_.size() == 1) changed_.notify_one();
}

void HeadDeadlines::run() {
  MutexLock lock(mutex_);
  while (!ending_) {
    if (entries_.empty()) {
      changed_.wait(mutex_);
    } else if (const auto left = entries_.front().due - steady_clock::now(); left > left.zero()) {
      changed_.wait_for(mutex_, left);
    } else {
      const Entry due = std::move(entries_.front());
      entries_.pop_front();
      lock.unlock();
      if (const auto callback = due.callback.lock()) (*callback)();
      lock.lock();
    }
  }
}

}  // namespace stagecache::http
