#include "upstream/backoff.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace stagecache::upstream {

bool wait_or_stop(std::chrono::milliseconds duration, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest)
    : first_(std::min(first, longest)),
      longest_(longest),
      step_(first_),
      random_(std::random_device{}()) {}

std::chrono::milliseconds Backoff::next() {
  const auto most = step_.count();
  std::uniform_int_distribution<std::chrono::milliseconds::rep> spread(most / 2, most);
  step_ = std::min(step_ * 2, longest_);
  return std::chrono::milliseconds(spread(random_));
}

}  // namespace stagecache::upstream
