#pragma once
//
// SlidingWeek counts bytes by the hour and forgets each hour a week after it ended.
// Pure; one thread at a time.
//
// As text: "<hour>:<bytes>" separated by blanks, oldest first, hours since the epoch:
// "500123:67108864 500124:1024".

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "stagecache/base/clock.h"

namespace stagecache::upstream {

class SlidingWeek {
 public:
  /// What cannot be read of a text is left out.
  static SlidingWeek parse(std::string_view text);
  std::string to_string() const;

  void add(WallTime now, std::uint64_t bytes);
  /// Forgets what is more than a week old. Hours of the future (the clock was wrong)
  /// become the present one, or they would count for ever.
  void forget_old(WallTime now);

  std::uint64_t bytes() const;
  /// When fewer than `limit` bytes are left, if none are added; nullopt: now.
  std::optional<WallTime> below(std::uint64_t limit) const;

 private:
  std::map<std::int64_t, std::uint64_t> hours_;  // At most 169 after forget_old.
};

}  // namespace stagecache::upstream
