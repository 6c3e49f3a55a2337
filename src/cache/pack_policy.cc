#include "pack_policy.h"

#include <algorithm>

namespace stagecache::cache {
namespace {

using Lies = Packable::Lies;

bool wants_sketch(const Packable& one) {
  return one.lies == Lies::Raw && one.settled && !one.never && one.sketch == nullptr &&
         one.size >= kSmallestPacked;
}

bool can_be_packed(const Packable& one) {
  return one.lies == Lies::Raw && one.settled && !one.never && one.sketch != nullptr;
}

struct Relative {
  const Packable* artifact = nullptr;
  double alike = 0;
};

/// The closest to `one` of those between `begin` and `end` that `fits` lets through.
template <class Fits>
Relative closest(const Packable& one, const std::vector<Packable>& all, const Fits& fits) {
  Relative best;
  for (const Packable& other : all) {
    if (other.sketch == nullptr || other.sha256 == one.sha256 || one.tried.contains(other.sha256))
      continue;
    if (!fits(other)) continue;
    const double alike = pack::alike(*one.sketch, *other.sketch);
    if (alike >= kRelated && alike > best.alike) best = {&other, alike};
  }
  return best;
}

/// How `newer` comes to be a difference, if it can.
std::optional<PackStep> step_for(const Packable& newer, const std::vector<Packable>& all) {
  const auto keyframe =
      closest(newer, all, [](const Packable& other) { return other.lies == Lies::Keyframe; });
  const auto raw = closest(newer, all, [&](const Packable& other) {
    return &other < &newer && can_be_packed(other) && !other.tried.contains(other.sha256);
  });
  const auto difference = closest(newer, all, [](const Packable& other) {
    return other.lies == Lies::Difference && !other.never;
  });

  const double known = std::max(keyframe.alike, raw.alike);
  if (difference.artifact != nullptr && difference.alike > known + kMuchCloser)
    return PackStep{PackStep::Kind::Unpack, difference.artifact->sha256, newer.sha256};
  if (raw.artifact != nullptr &&
      (keyframe.artifact == nullptr || raw.alike > keyframe.alike + kMuchCloser))
    return PackStep{PackStep::Kind::Keyframe, raw.artifact->sha256, newer.sha256};
  if (keyframe.artifact != nullptr)
    return PackStep{PackStep::Kind::Difference, newer.sha256, keyframe.artifact->sha256};
  return std::nullopt;
}

}  // namespace

std::optional<PackStep> next_step(const std::vector<Packable>& all) {
  // First who is related to whom; else the first two would be paired, not the best two.
  const auto unknown = std::ranges::find_if(all, wants_sketch);
  if (unknown != all.end()) return PackStep{PackStep::Kind::Sketch, unknown->sha256};
  for (const Packable& one : all)
    if (can_be_packed(one))
      if (const auto step = step_for(one, all)) return step;
  return std::nullopt;
}

bool is_busy(const Load& load) {
  if (load.fills_running > 0) return true;
  if (load.interval.count() <= 0) return false;
  return load.served_bytes * 1000 / static_cast<std::uint64_t>(load.interval.count()) >
         kBusyBytesPerSecond;
}

}  // namespace stagecache::cache
