#include "eviction.h"

#include <algorithm>
#include <span>
#include <tuple>

namespace stagecache::store {
namespace {

std::uint64_t less(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

/// The first of `sorted` that together hold `wanted` bytes; nullopt when all do not.
std::optional<std::vector<Sha256>> take(std::span<const Candidate> sorted, std::uint64_t wanted) {
  std::vector<Sha256> victims;
  for (const Candidate& candidate : sorted) {
    if (wanted == 0) break;
    if (candidate.stored_bytes == 0) continue;  // An empty artifact gives nothing back.
    victims.push_back(candidate.sha256);
    wanted = less(wanted, candidate.stored_bytes);
  }
  if (wanted > 0) return std::nullopt;
  return victims;
}

}  // namespace

std::optional<std::vector<Sha256>> choose_victims(std::vector<Candidate> candidates,
                                                  std::uint64_t wanted_bytes, Pending pending) {
  std::erase_if(candidates, [](const Candidate& candidate) { return candidate.pinned; });
  // The digest breaks ties, so that the choice is the same on every run.
  std::ranges::sort(candidates, {}, [](const Candidate& c) {
    return std::tuple(c.in_use, c.last_used, c.use_order, c.sha256);
  });
  const auto first_in_use = std::ranges::find_if(candidates, &Candidate::in_use);

  const std::uint64_t wanted = less(wanted_bytes, pending.unread_bytes);
  if (auto unread = take({candidates.begin(), first_in_use}, wanted)) return unread;
  return take(candidates, less(wanted, pending.read_bytes));
}

}  // namespace stagecache::store
