#pragma once
//
// A clock that stands still until a test moves it. Thread safety: all methods,
// from any thread.

#include <atomic>
#include <chrono>

#include "stagecache/base/clock.h"

namespace stagecache {

class FakeClock final : public Clock {
 public:
  WallTime wall() const override { return WallTime(std::chrono::seconds(wall_s_.load())); }
  SteadyTime steady() const override {
    return SteadyTime(std::chrono::milliseconds(steady_ms_.load()));
  }

  /// Moves wall and steady time on by whole seconds.
  void advance(std::chrono::seconds by) {
    wall_s_ += by.count();
    steady_ms_ += std::chrono::milliseconds(by).count();
  }

 private:
  std::atomic<std::int64_t> wall_s_ = 1'800'000'000;
  std::atomic<std::int64_t> steady_ms_ = 1'000'000'000;
};

}  // namespace stagecache
