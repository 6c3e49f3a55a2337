#pragma once
//
// Result<T> is what every fallible function returns: a T, or the Error that
// says why there is none. It is std::expected under one name, so that a reader
// meets one error type in the whole code base.

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace stagecache {

/// What a caller can *do* about a failure. A code exists only where some caller
/// reacts differently; everything else belongs into the message.
enum class ErrorCode {
  BadInput,     ///< The caller, a file or a peer sent something malformed.
  Denied,       ///< Policy forbids it: a host, port or address that is not listed.
  NotFound,     ///< The thing asked for does not exist (404).
  Gone,         ///< The upstream says it existed and will not come back (410).
  Conflict,     ///< It is pinned, needed, or open elsewhere.
  Busy,         ///< A bound was reached; the same call may work in a moment.
  NoSpace,      ///< The quota cannot be met even by evicting.
  DiskFull,     ///< The file system refused a write; works again once there is room.
  Unavailable,  ///< A peer failed. Worth a retry, or another mirror.
  TimedOut,     ///< A peer did not answer in time, or we are offline.
  Changed,      ///< The upstream's bytes are no longer the ones we began with.
  Corrupt,      ///< Bytes do not match their digest, length or checksum.
  Cancelled,    ///< We were asked to stop.
  TooNew,       ///< Written by a newer version of stagecache.
  Internal,     ///< Everything else: a bug or a broken machine.
};

/// The code's name as logs, metrics and the admin API spell it: "disk_full".
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string message;

  /// Returns this error with `where` put in front of the message, so that the
  /// final text reads outside-in: "fill spark.tgz: piece 12: write: no space".
  [[nodiscard]] Error in(std::string_view where) && {
    message.insert(0, std::string(where) + ": ");
    return std::move(*this);
  }

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

/// The value of a function that returns nothing but may fail.
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

/// Hands the error of one Result on as the error of another type.
template <class T>
[[nodiscard]] std::unexpected<Error> error_of(Result<T>&& result) {
  return std::unexpected(std::move(result).error());
}

}  // namespace stagecache

/// Leaves the enclosing function with the error of `expression`, if it has one.
#define RETURN_IF_ERROR(expression)                                                                \
  do {                                                                                             \
    if (auto result_ = (expression); !result_) return std::unexpected(std::move(result_).error()); \
  } while (false)
