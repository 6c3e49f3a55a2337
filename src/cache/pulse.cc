#include "pulse.h"

#include <pthread.h>

#include <utility>

namespace stagecache::cache {

Pulse::Pulse(std::chrono::milliseconds interval) : interval_(interval), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "fill-pulse");
}

Pulse::~Pulse() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

void Pulse::soon(std::move_only_function<void()> call) {
  MutexLock lock(mutex_);
  calls_.push_back(std::move(call));
  wake_.notify_all();
}

void Pulse::run() {
  MutexLock lock(mutex_);
  for (;;) {
    while (calls_.empty() && !ending_) wake_.wait(mutex_);
    if (!ending_) wake_.wait_for(mutex_, interval_);
    if (ending_) return;
    auto calls = std::exchange(calls_, {});
    lock.unlock();
    for (auto& call : calls) call();
    calls.clear();  // What they hold goes without the lock, too.
    lock.lock();
  }
}

}  // namespace stagecache::cache
