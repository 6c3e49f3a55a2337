#pragma once
//
// What a text option must look like beyond being a text. Each says in its error
// what is wrong, not where: the caller knows the option. Pure.

#include <string_view>

#include "stagecache/base/result.h"

namespace stagecache::config {

using TextCheck = Status (*)(std::string_view text);

Status check_listener(std::string_view text);   ///< host:port, "[::1]:8080"
Status check_host_name(std::string_view text);  ///< A bare name, "*.name", or an address.
Status check_prefix(std::string_view text);     ///< host/path, no scheme, {version} in the path
Status check_url(std::string_view text);        ///< Absolute http or https; or "".
Status check_proxy(std::string_view text);      ///< http://, https:// or socks5h://; or "".
Status check_scheme(std::string_view text);     ///< "http" or "https"
Status check_sha256(std::string_view text);     ///< 64 hex digits; or "".
Status check_quota(std::string_view text);      ///< A size, or 1% to 100%.

}  // namespace stagecache::config
