#pragma once
//
// How a client spells our own address, for URLs of ours inside of a body. Pure.

#include <string>
#include <string_view>

#include "stagecache/http/message.h"
#include "stagecache/model/url.h"

namespace stagecache::http {

struct OwnRoot {
  std::string root;           ///< "http://cache.example:8080", without a '/' at the end.
  bool from_request = false;  ///< The client's words went into it: Vary: Host.
};

/// `public_url` where the operator has set one; else scheme and authority that the
/// client used, in absolute form or by Host; else the address that it reached.
OwnRoot own_root(const Request& request, std::string_view public_url);

/// "<root>/mirror/<host[:port]>/<path>[?query]"
std::string mirror_url_of(const OwnRoot& root, const Url& url);

}  // namespace stagecache::http
