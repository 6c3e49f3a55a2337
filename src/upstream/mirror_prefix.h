#pragma once
//
// The prefix of a mirror rule against what was asked for: "a.org/spark-{version}/" and
// "a.org/spark-3.5.1/x.tgz". One placeholder, one way to match: no backtracking, so a
// request cannot make it slow. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace stagecache::upstream {

struct PrefixMatch {
  std::string_view version;  ///< What "{version}" stood for; "" when the prefix has none.
  std::string_view rest;     ///< What follows the prefix.
};

/// nullopt when `text` does not begin so. Both views are of `text`.
std::optional<PrefixMatch> match_prefix(std::string_view prefix, std::string_view text);

/// `also` with each "{version}" replaced; nullopt when it wants one and there is none.
std::optional<std::string> filled_in(std::string_view also, std::string_view version);

}  // namespace stagecache::upstream
