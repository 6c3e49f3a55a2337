#pragma once
//
// What a `Range:` header means for a body of known size (RFC 9110, section 14).
// Pure functions: no sockets, no files, no clock.

#include <cstdint>
#include <string_view>
#include <variant>

#include "stagecache/model/byte_range.h"

namespace stagecache::http {

/// Answer 200 with everything: no usable Range header was sent.
struct WholeBody {
  bool operator==(const WholeBody&) const = default;
};

/// Answer 416: the range is well formed and lies outside the body.
struct Unsatisfiable {
  bool operator==(const Unsatisfiable&) const = default;
};

using RangeAnswer = std::variant<WholeBody, ByteRange, Unsatisfiable>;

/// Decides how to answer a request for part of a body of `body_size` bytes.
///
/// Only single byte ranges are honoured. Several ranges, another unit, or a
/// header we cannot parse all give WholeBody: the RFC lets a server ignore
/// Range, and no client of ours sends multipart ranges.
RangeAnswer answer_range(std::string_view range_header, std::uint64_t body_size);

}  // namespace stagecache::http
