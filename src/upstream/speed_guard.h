#pragma once
//
// SpeedGuard answers one question: has this transfer been too slow for too long?
// It keeps a balance of time: every byte buys 1/limit seconds, at most `patience`
// in all, and time spends it. So silence ends a transfer after exactly `patience`,
// and a burst does not hide a stall that follows it. Pure; one thread at a time.

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace stagecache::upstream {

class SpeedGuard {
 public:
  using Seconds = std::chrono::duration<double>;

  /// `limit` is in bytes a second; 0 guards nothing.
  SpeedGuard(std::uint64_t limit, Seconds patience)
      : limit_(limit), patience_(patience), balance_(patience) {}

  void received(std::size_t bytes) {
    if (limit_ == 0) return;
    const Seconds bought(static_cast<double>(bytes) / static_cast<double>(limit_));
    balance_ = std::min(patience_, balance_ + bought);
  }
  void waited(Seconds time) { balance_ -= time; }
  bool too_slow() const { return limit_ != 0 && balance_ <= Seconds(0); }

 private:
  std::uint64_t limit_;
  Seconds patience_;
  Seconds balance_;
};

}  // namespace stagecache::upstream
