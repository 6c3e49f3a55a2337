#pragma once
//
// Which parts of a base's stream is a segment's slice coded against? The buckets for which its
// anchors vote, in the base's order. Pure.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stagecache::pack {

struct WindowLimits {
  std::uint32_t buckets_of_base;
  std::size_t max_buckets;
  double place;  ///< Where the segment lies in its artifact, 0 to 1.
};

/// The buckets with most votes, ascending, at most `max_buckets`. With fewer than two votes for
/// each of them, those around the same place in the base: what is new may still be alike.
/// `votes`: a bucket for each anchor that the base has too.
std::vector<std::uint32_t> base_windows(std::vector<std::uint32_t> votes,
                                        const WindowLimits& limits);

}  // namespace stagecache::pack
