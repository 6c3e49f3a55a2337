#pragma once
// Which fields of a client's request go on to an upstream. Pure.

#include "stagecache/model/header.h"

namespace stagecache::http {

/// The end-to-end fields, in order: without the hop-by-hop ones (RFC 9110 7.6.1,
/// those that Connection names included) and without what the fill sets itself:
/// Host, Range, the conditionals, Accept-Encoding. Nor what only a proxy may say
/// (X-Forwarded-Host and the like, docs/decisions/0019).
Headers forwarded_headers(const Headers& received);

}  // namespace stagecache::http
