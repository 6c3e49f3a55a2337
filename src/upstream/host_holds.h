#pragma once
//
// HostHolds answers one question: may this host be asked yet? A host that said
// "too many" (429, or 503 with Retry-After) is left alone by everybody until the
// time it named: a ban is of an address, not of one transfer.
//
// It holds requests that have not begun; those that run go on.
//
// Thread safety: all methods. No lock is held while a request waits.

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "stagecache/base/clock.h"
#include "stagecache/base/mutex.h"
#include "upstream/backoff.h"
#include "upstream/failure.h"

namespace stagecache::upstream {

// An upstream that asks for more than this is as good as down: whoever waits for
// the bytes has given up by then.
inline constexpr std::chrono::seconds kLongestRetryAfter{120};

class HostHolds {
 public:
  enum class Patience { Some, None };

  /// `first` and `longest`: of the doubling for a host that names no time.
  HostHolds(const Clock& clock, std::chrono::milliseconds first, std::chrono::milliseconds longest,
            Wait wait = wait_or_stop);

  /// Waits until `host` may be asked. Fails with Busy at once for Patience::None,
  /// with Unavailable (no try is worth it) where that is more than kLongestRetryAfter
  /// away, with Cancelled when `stop` is asked for.
  std::expected<void, Failure> wait_for(const std::string& host, Patience patience,
                                        std::stop_token stop) EXCLUDES(mutex_);

  bool held(const std::string& host) EXCLUDES(mutex_) { return held_until(host).has_value(); }

  /// `host` answered "too many"; `after` is its Retry-After. Returns `said` as it is to
  /// be told: with a wait too long to be worth it marked so, and the time named.
  Failure refused(const std::string& host, std::optional<std::chrono::seconds> after, Failure said)
      EXCLUDES(mutex_);
  /// `host` answered otherwise: the next refusal without a time begins small.
  void answered(const std::string& host) EXCLUDES(mutex_);

 private:
  struct Hold {
    SteadyTime until;
    Backoff doubling;
  };
  std::optional<SteadyTime> held_until(const std::string& host) EXCLUDES(mutex_);
  std::string at_time(SteadyTime then) const;

  const Clock& clock_;
  const std::chrono::milliseconds first_;
  const std::chrono::milliseconds longest_;
  const Wait wait_;

  Mutex mutex_;
  std::map<std::string, Hold> holds_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::upstream
