#pragma once
// Which header fields go upstream. Pure.

#include "stagecache/upstream/fetcher.h"

namespace stagecache::upstream {

/// What may be passed on of a client's fields: not what belongs to one connection,
/// not what we set ourselves, nothing with a control character in it.
Headers end_to_end(const Headers& headers);

/// Without credentials, for a host they were not meant for.
Headers without_credentials(const Headers& headers);

/// Range, If-Range, If-None-Match, If-Modified-Since as the request wants them.
Headers range_and_conditions(const FetchRequest& request);

/// A strong ETag: fit for a byte-for-byte comparison (RFC 9110 8.8.1).
bool is_strong_etag(std::string_view etag);

}  // namespace stagecache::upstream
