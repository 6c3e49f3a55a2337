#pragma once
//
// Body: the bytes of one answer, read by one response at its own pace. It never
// slows the fill it follows, and never hands out the last bytes of a body that is
// not verified.
//
// Use from one connection at a time (calls may come from different threads, not
// at once). `when_ready`'s callback comes from any thread.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "stagecache/base/result.h"
#include "stagecache/model/artifact.h"
#include "stagecache/model/byte_range.h"
#include "stagecache/model/header.h"
#include "stagecache/store/content.h"

namespace stagecache::cache {

enum class Outcome { Hit, Miss, Follow, Stale, Packed, Pass };
std::string_view to_string(Outcome outcome);  ///< "hit", "miss", ... as X-Stagecache says it.

/// What is known of the answer when its head must go out.
struct Meta {
  std::optional<std::uint64_t> size;  ///< None: the upstream gave no length.
  std::optional<Sha256> sha256;       ///< Known or declared; verified before the end is given out.
  std::string etag;                   ///< With quotes; "" while none is known.
  std::string last_modified;          ///< "" when none.
  bool date_is_strong = false;        ///< last_modified fits for If-Range (RFC 9110 8.8.2.2).
  std::string content_type;           ///< "" when none.
  std::optional<std::int64_t> age_s;  ///< For Age; none where the origin has just said it.
  Headers caching;                    ///< Cache-Control and Vary, for the caches behind us.
  Outcome outcome = Outcome::Hit;
};

/// Not now: ask again when when_ready has called.
struct NotYet {};
/// Nothing more: the body's end was reached and verified.
struct AtEnd {};
using ReadStep = std::variant<store::Slice, NotYet, AtEnd>;

class Body {
 public:
  virtual ~Body() = default;

  virtual const Meta& meta() const = 0;

  /// The response will send only these bytes; call once, before reading. Without
  /// it the whole body is read. REQUIRES: range.end <= *meta().size.
  virtual void limit(ByteRange range) = 0;

  /// Bytes at `offset`, at most a chunk, without blocking. AtEnd at the end of
  /// the range, and, where the size is unknown, of the verified body.
  /// An error means: cut the connection, the body cannot be completed.
  virtual Result<ReadStep> read(std::uint64_t offset) = 0;

  /// Calls back once when `read(offset)` would no longer be NotYet (also with an
  /// error). Destroying the Body drops the callback; it may still be running.
  virtual void when_ready(std::uint64_t offset, std::move_only_function<void()> callback) = 0;
};

}  // namespace stagecache::cache
