#pragma once
//
// What a host is told so that it lets us in: the Authorization field, out of the
// file that the host's entry names. The file is read for every request, so that a
// rotated secret counts at once.
//
// INVARIANT: a secret is in no error, log line or record, and goes to no other host
// than the entry's.

#include <string>
#include <string_view>

#include "stagecache/base/result.h"

namespace stagecache::upstream {

/// The field's value for the text of such a file, whose first line that is not empty
/// and no `#` comment is one of
///     user:password          Basic (RFC 7617)
///     basic user:password    the same
///     bearer TOKEN           Bearer (RFC 6750)
/// Fails with BadInput for anything else, without quoting it. Pure.
Result<std::string> read_credentials(std::string_view text);

/// Fails with Unavailable when the file cannot be used; says the file and why.
Result<std::string> authorization_from(const std::string& file);

}  // namespace stagecache::upstream
