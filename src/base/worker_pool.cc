#include "stagecache/base/worker_pool.h"

#include <pthread.h>

#include <utility>

namespace stagecache {

WorkerPool::WorkerPool(Options options) : options_(std::move(options)) {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { run(); });
    pthread_setname_np(threads_.back().native_handle(), options_.name.substr(0, 15).c_str());
  }
}

WorkerPool::~WorkerPool() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
  }
  work_or_end_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::try_post(Work work) {
  {
    MutexLock lock(mutex_);
    if (ending_ || queue_.size() >= options_.queue_limit) return false;
    queue_.push_back(std::move(work));
  }
  work_or_end_.notify_one();
  return true;
}

void WorkerPool::run() {
  for (;;) {
    MutexLock lock(mutex_);
    while (queue_.empty() && !ending_) work_or_end_.wait(mutex_);
    if (queue_.empty()) return;
    Work work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
  }
}

}  // namespace stagecache
