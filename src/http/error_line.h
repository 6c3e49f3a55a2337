#pragma once
//
// The one line that an error status carries: "stagecache: <what was asked>: <why>;
// <what to do>". An app developer sees nothing but the staging log, so it names the
// thing, fits one line, and holds no secret: a query is "?...". Pure.

#include <string>
#include <string_view>

#include "stagecache/cache/cache.h"

namespace stagecache::http {

/// No line is longer, its "stagecache: " included, its newline not.
inline constexpr std::size_t kErrorLineBytes = 298;

/// What a request asked for, as it may be shown.
struct Asked {
  std::string name;       ///< URL, digest or request target; "" where nothing could be read.
  std::string host = {};  ///< A message that names the host names the thing.
};
Asked asked_of(const cache::Request& wanted);
Asked asked_of_target(std::string_view target);

/// Puts the name in front where `message` lacks it, and advice that fits the status
/// behind it where it has none.
std::string error_line(int status, std::string_view message, const Asked& asked);

}  // namespace stagecache::http
