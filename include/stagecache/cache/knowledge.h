#pragma once
// What the cache knows of one source or digest, for `stagecache why`. A plain value.

#include <chrono>
#include <cstdint>
#include <optional>

#include "stagecache/base/clock.h"
#include "stagecache/base/result.h"
#include "stagecache/model/artifact.h"
#include "stagecache/store/store.h"

namespace stagecache::cache {

struct Progress {
  enum class State { Queued, Filling, Verifying };
  State state = State::Queued;
  std::optional<std::uint64_t> size;
  std::uint64_t received = 0;
};

struct LastFailure {
  Error error;  ///< With the line that clients were given.
  WallTime at{};
  std::uint64_t times = 1;          ///< In a row.
  std::chrono::seconds next_try{};  ///< From now until a program's request is a new try; 0: it is.
};

struct Knowledge {
  std::optional<Source> source;  ///< What the URL is bound to, stored or not.
  /// Stored, and what a request for this would be given: of the digest demanded,
  /// else of the source. Also what is served when the cache is offline.
  std::optional<store::ArtifactInfo> artifact;
  bool fresh = false;               ///< Would be served without asking the origin.
  std::optional<Progress> filling;  ///< A download that runs now.
  bool unfinished = false;          ///< One that goes on when somebody asks, or online again.
  std::optional<LastFailure> failure;
};

}  // namespace stagecache::cache
