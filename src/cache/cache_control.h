#pragma once
//
// The Cache-Control field of requests and answers as a value (RFC 9111 5.2, and
// 5.4 for Pragma). Pure.

#include <cstdint>
#include <limits>
#include <optional>

#include "stagecache/model/header.h"

namespace stagecache::cache {

/// Every directive that either side may send; what a side does not know means
/// nothing there. Times are in seconds; of several that disagree the strictest
/// counts, and what is no number is 0 (RFC 9111 4.2.1).
struct CacheControl {
  bool no_store = false;
  bool is_private = false;  ///< Also with a list of fields: we cannot keep a part.
  bool no_cache = false;    ///< Likewise.
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool only_if_cached = false;
  std::optional<std::int64_t> max_age, shared_max_age, min_fresh;
  std::optional<std::int64_t> max_stale;  ///< kAnyAge where it has no value.

  static constexpr std::int64_t kAnyAge = std::numeric_limits<std::int64_t>::max();
};

/// `Pragma: no-cache` counts where there is no Cache-Control at all.
CacheControl read_cache_control(const Headers& headers);

}  // namespace stagecache::cache
