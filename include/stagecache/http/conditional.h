#pragma once
//
// Conditional requests (RFC 9110, section 13): may the answer be left out, must
// it be refused, does a Range still fit. Pure functions.

#include <string_view>

#include "stagecache/model/header.h"

namespace stagecache::http {

enum class Condition {
  Proceed,             ///< Answer as if nothing had been asked.
  NotModified,         ///< 304: the client has these bytes.
  PreconditionFailed,  ///< 412: the client counts on other bytes.
};

/// The validators of the answer as they stand in its head; "" for none.
struct CurrentValidators {
  std::string_view etag;
  std::string_view last_modified;
  /// The body cannot have changed again within the second that last_modified names.
  bool date_is_strong = true;
};

/// Evaluates If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since in
/// the order of RFC 9110 13.2.2, for GET and HEAD. Dates that cannot be read, or
/// that meet an answer without Last-Modified, are ignored as the RFC wants.
Condition evaluate_conditions(const Headers& headers, CurrentValidators current);

/// True when a Range field may be honoured: no If-Range, or one whose strong
/// entity tag or strong date is exactly the answer's.
bool if_range_holds(const Headers& headers, CurrentValidators current);

}  // namespace stagecache::http
