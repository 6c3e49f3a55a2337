#pragma once
// How lines for people name a URL. Pure.

#include <string>
#include <string_view>

#include "stagecache/model/url.h"

namespace stagecache {

/// Whatever a client sent, a line with the name of it stays readable.
inline constexpr std::size_t kShownBytes = 100;

/// The URL for errors and logs: a query, which may hold a signature, is "?...", and
/// of a long one the middle is "...", so that host and file name stay.
std::string shown(const Url& url);

/// The same for a source key, or any target of a request.
std::string shown(std::string_view key);

}  // namespace stagecache
