#pragma once
// Why a try failed, and what that says about the next one. A plain value.

#include <expected>
#include <utility>

#include "stagecache/upstream/fetcher.h"

namespace stagecache::upstream {

struct Failure {
  enum class Of { Upstream, Sink };  ///< A Sink's error is handed on word for word.

  Error error;
  RetryHint hint;
  Of of = Of::Upstream;
};

inline std::unexpected<Failure> failure(ErrorCode code, std::string message, RetryHint hint = {}) {
  return std::unexpected(Failure{.error = {code, std::move(message)}, .hint = hint});
}

}  // namespace stagecache::upstream
