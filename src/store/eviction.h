#pragma once
// Which artifacts to give up for room. Pure policy: values in, values out.

#include <cstdint>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/model/sha256.h"

namespace stagecache::store {

struct Candidate {
  Sha256 sha256;
  std::uint64_t stored_bytes = 0;
  WallTime last_used{};
  bool pinned = false;
};

/// The least recently used unpinned artifacts that together free at least
/// `wanted_bytes`; empty when all of them would not.
std::vector<Sha256> choose_victims(std::vector<Candidate> candidates, std::uint64_t wanted_bytes);

}  // namespace stagecache::store
