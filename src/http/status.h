#pragma once
// HTTP statuses: the one place that says which failure is which. Pure.

#include <string_view>

#include "stagecache/base/result.h"

namespace stagecache::http {

int status_of(ErrorCode code);

/// The standard phrase; "Unknown" for a status that is not ours.
std::string_view reason_phrase(int status);

}  // namespace stagecache::http
