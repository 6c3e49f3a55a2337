#pragma once
//
// Fetcher answers one question: what are the bytes behind this URL? The layers
// wrap each other: OfflineGate(Retrying(MirrorGroup(CurlFetcher))). Calls block.
//
// Every layer keeps this contract of the Sink: `on_head` exactly once and first,
// then `on_body` with contiguous bytes from head.offset on; whatever was retried,
// resumed or redirected underneath does not show. The Fetcher returns success
// only when the body came whole (its length was the promised one).
//
// Thread safety: one Fetcher, any number of concurrent fetches.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "stagecache/base/result.h"
#include "stagecache/model/artifact.h"
#include "stagecache/model/header.h"
#include "stagecache/model/url.h"

namespace stagecache::upstream {

/// Until the head of a hurried request. libpak gives its server 5 s in all.
inline constexpr std::chrono::milliseconds kHurriedHead{2'000};

struct FetchRequest {
  Url url;
  Headers headers;  ///< End-to-end fields to pass on; Range and conditionals are ours.

  /// Not 0: bytes before it are already there, answer from it on (Range with
  /// If-Range where `validators` are strong).
  std::uint64_t offset = 0;
  /// Of the bytes already there, or of the body to ask "still the same?" about.
  Validators validators;
  /// Size of the whole body, where an earlier answer gave it.
  std::optional<std::uint64_t> expected_size;
  /// The whole is checked against a digest afterwards, so a resume may go on
  /// without strong validators, and at another mirror.
  bool digest_known = false;
  /// Send validators as If-None-Match / If-Modified-Since; 304 is then a good head.
  bool conditional = false;
  /// Whoever waits can be served without this answer, so it must come soon: one try,
  /// at one place (another only where that mirror has it no more), no waiting for a
  /// connection, its head within kHurriedHead.
  bool hurried = false;
  /// Nothing depends on it: one try at each place, whatever goes wrong.
  bool once = false;
  /// With an offset or `conditional`: the place that gave the bytes or the validators
  /// (`asked` of their head), asked first and alone told the validators. Without it, or
  /// when it is no place of `url` any more, that is `url` itself.
  std::optional<Url> held_from;
};

/// The head of the answer that bytes are taken from.
struct ResponseHead {
  int status = 0;  ///< 200, or 304 with no body (only when `conditional`).
  Url url;         ///< The hop that answered.
  Url asked;       ///< Where we began: the request's URL or a mirror.
  Headers headers;
  std::uint64_t offset = 0;                 ///< First byte that on_body brings: request.offset.
  std::optional<std::uint64_t> total_size;  ///< Of the whole body, not of this part.

  Validators validators() const;
};

/// What a failed try knows about the next one.
struct RetryHint {
  bool worth = true;  ///< False: the same question would get the same answer.
  std::optional<std::chrono::seconds> after;  ///< Retry-After, where the upstream said so.
};

class Sink {
 public:
  virtual ~Sink() = default;
  /// An error ends the fetch, which returns it.
  virtual Status on_head(const ResponseHead& head) = 0;
  virtual Status on_body(std::span<const std::byte> bytes) = 0;
  /// Said by a layer just before it fails, for the layer above; callers hear it of
  /// each try, the last one last.
  virtual void on_retry_hint(const RetryHint&) {}
};

class Fetcher {
 public:
  virtual ~Fetcher() = default;

  /// Fails with Denied (host, port, scheme or address not allowed), NotFound,
  /// Gone, Changed (a resume found other bytes), TimedOut, Unavailable,
  /// Cancelled (`stop` was asked for), or the Sink's own error. Messages name the
  /// URL and what the upstream said.
  virtual Status fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) = 0;
};

}  // namespace stagecache::upstream
