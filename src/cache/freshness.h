#pragma once
//
// What an origin's answer allows (RFC 9111 3, 4.2) and whether a source may be
// served without asking again. Pure.

#include <chrono>
#include <cstdint>
#include <optional>

#include "stagecache/base/clock.h"
#include "stagecache/model/artifact.h"
#include "stagecache/model/header.h"

namespace stagecache::cache {

struct Storability {
  bool may_store = true;                   ///< No no-store, no private (we are shared).
  std::optional<std::int64_t> lifetime_s;  ///< s-maxage, max-age, Expires; 0 for no-cache.
};

/// Of an answer that was received at `now`.
Storability storability(const Headers& response, WallTime now);

/// A declared digest makes a source good for ever; else its lifetime counts from
/// its last validation, `default_lifetime` where the origin gave none.
bool is_fresh(const Source& source, WallTime now, std::chrono::seconds default_lifetime);

}  // namespace stagecache::cache
