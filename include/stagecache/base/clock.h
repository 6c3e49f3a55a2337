#pragma once
//
// Time behind an interface, so that freshness, back-off and eviction can be
// tested without waiting. Wall time is for records and HTTP dates, steady time
// for durations. Thread safety: all methods, from any thread.

#include <chrono>
#include <string>

#include "stagecache/base/result.h"

namespace stagecache {

/// Seconds since the epoch are all that records and HTTP dates carry.
using WallTime = std::chrono::sys_seconds;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual SteadyTime steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  SteadyTime steady() const override;
};

/// RFC 3339 in UTC: "2026-11-23T15:28:00Z".
std::string to_rfc3339(WallTime time);

/// IMF-fixdate of RFC 9110 5.6.7: "Mon, 23 Nov 2026 15:28:00 GMT".
std::string to_http_date(WallTime time);

/// Reads an HTTP date in any of the three forms of RFC 9110 5.6.7.
/// Fails with BadInput for anything else.
Result<WallTime> parse_http_date(std::string_view text);

}  // namespace stagecache
