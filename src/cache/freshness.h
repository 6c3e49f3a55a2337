#pragma once
//
// What an origin's answer allows (RFC 9111 3, 4.1, 4.2), and whether what is
// stored of a source may be served to a request without asking again. Pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stagecache/base/clock.h"
#include "stagecache/model/artifact.h"
#include "stagecache/model/header.h"

namespace stagecache::cache {

/// What an answer allows, in the fields that a Source and an unfinished fill keep.
struct Terms {
  bool may_store = true;  ///< No no-store, no private, no `Vary: *`: others may have it, too.
  std::optional<std::int64_t> lifetime_s;  ///< s-maxage, max-age, Expires; 0 for no-cache.
  std::int64_t initial_age_s = 0;          ///< RFC 9111 4.2.3: Age, or the time since Date.
  bool stale_forbidden = false;            ///< RFC 9111 4.2.4.
  Headers vary;  ///< What of `request` selected it: a field each, empty where it was absent.
  std::string cache_control;  ///< As received, all of its fields as one.
};

/// Of an answer to a request with the fields `request` that came at `now`.
Terms terms_of(const Headers& answer, const Headers& request, WallTime now);

/// What a cache behind us must be told of an answer (RFC 9111 5.2): the directives as
/// they came, or the lifetime in the place of Expires, which would count from our Date;
/// and by what it varies.
Headers fields_for_caches(std::string_view cache_control, std::optional<std::int64_t> lifetime_s,
                          const Headers& vary);

/// True for a request that an answer which varies by `vary` fits (RFC 9111 4.1).
bool selects(const Headers& vary, const Headers& request);

/// The operator's word on answers that say nothing of their lifetime.
struct Lifetimes {
  std::chrono::seconds fallback{0};  ///< `default_lifetime`; 0: see below.
  /// A tenth of the time since Last-Modified, at most this (RFC 9111 4.2.2); 0: none.
  std::chrono::seconds heuristic_limit{0};
};

/// Whether a Last-Modified that an origin sent at `date` is a strong validator: the body
/// may have changed twice within one second, but not after it (RFC 9110 8.8.2.2).
bool is_strong_date(std::string_view last_modified, WallTime date);

/// Seconds since the origin's own copy was made or validated.
std::int64_t current_age_s(const Source& source, WallTime now);

/// A declared digest makes a source good for ever; else its lifetime counts.
bool is_fresh(const Source& source, WallTime now, const Lifetimes& lifetimes);

/// Whether `request` accepts what is stored as it is: fresh, and no older than its
/// own directives say (RFC 9111 5.2.1); or stale, where it allows that and the
/// origin does too.
bool is_good_for(const Source& source, const Headers& request, WallTime now,
                 const Lifetimes& lifetimes);

/// Whether the base name of a URL names a version ("spark-3.5.7-bin-hadoop3.tgz"), so
/// that one expects the same bytes behind it for ever: a digit, a dot, a digit.
bool names_a_version(std::string_view base_name);

}  // namespace stagecache::cache
