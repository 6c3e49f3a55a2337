#pragma once
//
// How long to wait before the next try: doubling, with jitter over the upper half
// so that fills which broke together do not come back together. And the wait.

#include <chrono>
#include <functional>
#include <random>
#include <stop_token>

namespace stagecache::upstream {

/// Waits, unless `stop` is asked for meanwhile. Returns false when it was.
using Wait = std::function<bool(std::chrono::milliseconds, std::stop_token)>;

/// The Wait of the daemon; tests bring one that does not sleep.
bool wait_or_stop(std::chrono::milliseconds duration, std::stop_token stop);

/// One thread at a time.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest);

  std::chrono::milliseconds
  next();  ///< Between half and all of the current step; the step doubles.
  void reset() { step_ = first_; }

 private:
  const std::chrono::milliseconds first_;
  const std::chrono::milliseconds longest_;
  std::chrono::milliseconds step_;
  std::minstd_rand random_;
};

}  // namespace stagecache::upstream
