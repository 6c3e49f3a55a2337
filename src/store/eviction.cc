#include "eviction.h"

#include <algorithm>
#include <tuple>

namespace stagecache::store {

std::vector<Sha256> choose_victims(std::vector<Candidate> candidates, std::uint64_t wanted_bytes) {
  std::erase_if(candidates, [](const Candidate& candidate) { return candidate.pinned; });
  // The digest breaks ties, so that the choice is the same on every run.
  std::ranges::sort(candidates, {},
                    [](const Candidate& c) { return std::tuple(c.last_used, c.sha256); });

  std::vector<Sha256> victims;
  std::uint64_t freed = 0;
  for (const Candidate& candidate : candidates) {
    if (freed >= wanted_bytes) break;
    victims.push_back(candidate.sha256);
    freed += candidate.stored_bytes;
  }
  if (freed < wanted_bytes) victims.clear();
  return victims;
}

}  // namespace stagecache::store
