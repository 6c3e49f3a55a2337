#pragma once
//
// What the head of an answer means for the request that it answers: the rules on
// statuses, lengths, ranges and "is it still the same body?" (RFC 9110, 8.8, 14,
// 15). Pure functions: no sockets, no clock but the one handed in.

#include <cstdint>
#include <optional>
#include <string>

#include "stagecache/base/clock.h"
#include "stagecache/model/byte_range.h"
#include "upstream/failure.h"

namespace stagecache::upstream {

/// A head as it came, from the hop that was asked.
struct RawHead {
  int status = 0;
  Url url;
  Headers headers;
};

struct Answer {
  enum class Kind {
    Body,      ///< Bytes follow; `head` is for the Sink.
    NoBody,    ///< Nothing more is needed: 304, or 416 at the end. `head` is for the Sink.
    Redirect,  ///< Ask at `location`.
  };
  Kind kind = Kind::Body;
  ResponseHead head;                    ///< `asked` is left to the caller.
  std::uint64_t skip = 0;               ///< Bytes to drop first: a whole body for a ranged request.
  std::optional<std::uint64_t> length;  ///< Bytes that this answer carries, skipped ones included.
  std::string location;
};

/// Fails as Fetcher::fetch does, with a message without the URL ("answered 403 Forbidden").
std::expected<Answer, Failure> read_answer(const FetchRequest& request, const RawHead& raw,
                                           const Clock& clock);

/// "bytes 10-19/20", "bytes 10-19/*", "bytes */20".
struct ContentRange {
  std::optional<ByteRange> range;      ///< None for "*".
  std::optional<std::uint64_t> total;  ///< None for "*".
};
/// nullopt for what is no such text, or contradicts itself.
std::optional<ContentRange> parse_content_range(std::string_view text);

}  // namespace stagecache::upstream
