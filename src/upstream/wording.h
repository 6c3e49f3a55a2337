#pragma once
// How errors of this module name a URL and an answer. Pure.

#include <string>

#include "stagecache/model/url.h"

namespace stagecache::upstream {

/// The URL for people and logs: a query, which may hold a signature, is "?...".
std::string printable(const Url& url);

/// "403 Forbidden"; the number alone when the status has no name we know.
std::string status_text(int status);

}  // namespace stagecache::upstream
