#pragma once
// Which artifacts to give up for room. Pure policy: values in, values out.

#include <cstdint>
#include <optional>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/model/sha256.h"

namespace stagecache::store {

struct Candidate {
  Sha256 sha256;
  std::uint64_t stored_bytes = 0;
  WallTime last_used{};
  std::uint64_t use_order = 0;  ///< Among uses of one second.
  bool pinned = false;
  bool in_use = false;  ///< Somebody reads it: its bytes do not come back at once.
};

/// Bytes on the disk whose names are gone already.
struct Pending {
  std::uint64_t unread_bytes = 0;  ///< Deleted within milliseconds.
  std::uint64_t read_bytes = 0;    ///< Deleted once their readers end.
};

/// The unpinned artifacts to give up for `wanted_bytes`: least recently used first,
/// those in use last. Bytes that come back by themselves count. Those that readers
/// hold count only where artifacts nobody reads are not enough, so that one slow
/// reader does not keep every fill out. Empty: nothing but waiting is needed;
/// nullopt: all of it would not be enough, so nothing is given up.
std::optional<std::vector<Sha256>> choose_victims(std::vector<Candidate> candidates,
                                                  std::uint64_t wanted_bytes, Pending pending = {});

}  // namespace stagecache::store
