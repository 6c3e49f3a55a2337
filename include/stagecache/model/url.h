#pragma once
//
// Url is an absolute http or https URL in one normal form (RFC 3986 6.2.2):
// host in lower case without a trailing dot, dot segments removed, percent
// escapes of unreserved characters decoded and the rest in upper case.
//
// It refuses what could mean two things to two readers: userinfo, an encoded or
// internationalised host, a numeric host that is no plain dotted quad
// ("2130706433", "0x7f.1", "127.1"), controls, blanks, a fragment.
// Pure values.

#include <cstdint>
#include <string>
#include <string_view>

#include "stagecache/base/result.h"

namespace stagecache {

enum class Scheme { Http, Https };
std::string_view to_string(Scheme scheme);  ///< "http", "https"
std::uint16_t default_port(Scheme scheme);  ///< 80, 443

struct Url {
  Scheme scheme = Scheme::Https;
  std::string host;        ///< "archive.apache.org", "127.0.0.1", "[::1]".
  std::uint16_t port = 0;  ///< Always set.
  std::string path = "/";  ///< Begins with '/'.
  std::string query;       ///< Without '?'; empty also when there is none.

  /// Fails with BadInput, and says what is wrong with the text.
  static Result<Url> parse(std::string_view absolute);

  /// `reference` (absolute or relative, as in a Location header) seen from here.
  Result<Url> resolve(std::string_view reference) const;

  std::string to_string() const;  ///< A default port is left out.
  std::string host_port() const;  ///< "host", or "host:port" off the default.
  std::string target() const;     ///< Path and query: the request target.
  std::string base_name() const;  ///< What follows the last '/' of the path.

  bool operator==(const Url&) const = default;
};

/// What names one source: host, port (the scheme's default left out), path with
/// `%2B` and `+` taken for the same, query. The scheme is no part of it.
std::string source_key(const Url& url);

/// "a%20b" -> "a b". What is no escape stays as it is.
std::string percent_decoded(std::string_view text);

}  // namespace stagecache
