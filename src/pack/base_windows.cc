#include "base_windows.h"

#include <algorithm>

namespace stagecache::pack {
namespace {

/// Too few votes to go by chance.
constexpr std::uint32_t kMinVotes = 2;

struct Candidate {
  std::uint32_t bucket;
  std::uint32_t votes;
};

std::vector<Candidate> counted(std::vector<std::uint32_t> votes) {
  std::ranges::sort(votes);
  std::vector<Candidate> candidates;
  for (const std::uint32_t bucket : votes) {
    if (candidates.empty() || candidates.back().bucket != bucket)
      candidates.push_back({.bucket = bucket, .votes = 0});
    ++candidates.back().votes;
  }
  return candidates;
}

std::vector<std::uint32_t> around(const WindowLimits& limits) {
  const auto count =
      static_cast<std::uint32_t>(std::min<std::size_t>(limits.max_buckets, limits.buckets_of_base));
  const auto middle = static_cast<std::uint32_t>(limits.place * limits.buckets_of_base);
  const std::uint32_t first =
      std::min(middle - std::min(middle, count / 2), limits.buckets_of_base - count);
  std::vector<std::uint32_t> buckets(count);
  for (std::uint32_t at = 0; at < count; ++at) buckets[at] = first + at;
  return buckets;
}

}  // namespace

std::vector<std::uint32_t> base_windows(std::vector<std::uint32_t> votes,
                                        const WindowLimits& limits) {
  auto candidates = counted(std::move(votes));
  // The bucket breaks ties, so that the choice is the same on every run.
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
    return a.votes != b.votes ? a.votes > b.votes : a.bucket < b.bucket;
  });
  if (candidates.empty() || candidates.front().votes < kMinVotes) return around(limits);
  if (candidates.size() > limits.max_buckets) candidates.resize(limits.max_buckets);

  std::vector<std::uint32_t> buckets;
  for (const Candidate& candidate : candidates) buckets.push_back(candidate.bucket);
  std::ranges::sort(buckets);
  return buckets;
}

}  // namespace stagecache::pack
