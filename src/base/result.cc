#include "stagecache/base/result.h"

namespace stagecache {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::BadInput: return "bad_input";
    case ErrorCode::Denied: return "denied";
    case ErrorCode::NotFound: return "not_found";
    case ErrorCode::Gone: return "gone";
    case ErrorCode::Conflict: return "conflict";
    case ErrorCode::Busy: return "busy";
    case ErrorCode::NoSpace: return "no_space";
    case ErrorCode::DiskFull: return "disk_full";
    case ErrorCode::Unavailable: return "unavailable";
    case ErrorCode::TimedOut: return "timed_out";
    case ErrorCode::Changed: return "changed";
    case ErrorCode::Corrupt: return "corrupt";
    case ErrorCode::Cancelled: return "cancelled";
    case ErrorCode::TooNew: return "too_new";
    case ErrorCode::Internal: return "internal";
  }
  return "internal";
}

}  // namespace stagecache
