#include "base_anchors.h"

#include <algorithm>
#include <bit>

#include "anchors.h"
#include "stagecache/base/check.h"

namespace stagecache::pack {
namespace {

constexpr std::uint64_t kBucketMask = (1u << 24) - 1;

/// So far ahead of the one at hand a slot is fetched.
constexpr std::size_t kAhead = 16;

std::uint64_t tag_of(std::uint64_t mix) {
  return mix << 24;
}

std::size_t home_of(std::uint64_t mix, std::size_t slots) {
  return static_cast<std::size_t>(mix >> 32) & (slots - 1);
}

}  // namespace

BaseAnchors::BaseAnchors(const Extent& extent) : bucket_bytes_(extent.bucket_bytes) {
  CHECK(std::has_single_bit(extent.max_slots));
  const std::uint64_t anchors = (extent.stream_bytes >> kAnchorBits) + 16;
  while ((anchors >> sampling_) * 3 / 2 > extent.max_slots) ++sampling_;
  slots_.resize(std::bit_ceil((anchors >> sampling_) * 3 / 2));
}

void BaseAnchors::add(std::span<const Anchor> anchors) {
  for (std::size_t at = 0; at < anchors.size(); ++at) {
    fetch(anchors, at + kAhead);
    if (sampled(anchors[at].hash)) add(anchors[at]);
  }
}

void BaseAnchors::add(const Anchor& anchor) {
  const std::uint64_t bucket = (anchor.position - 1) / bucket_bytes_ + 1;
  if (bucket > kBucketMask || used_ >= slots_.size() / 8 * 7) return;
  const std::uint64_t mix = mixed(anchor.hash);
  std::uint64_t& slot = slots_[slot_of(mix)];
  if (slot != 0) return;
  slot = tag_of(mix) | bucket;
  ++used_;
}

void BaseAnchors::find(std::span<const Anchor> anchors, std::vector<std::uint32_t>& buckets) const {
  for (std::size_t at = 0; at < anchors.size(); ++at) {
    fetch(anchors, at + kAhead);
    if (!sampled(anchors[at].hash)) continue;
    const std::uint64_t slot = slots_[slot_of(mixed(anchors[at].hash))];
    if (slot != 0) buckets.push_back(static_cast<std::uint32_t>(slot & kBucketMask) - 1);
  }
}

/// Its own, or the free one where it would lie.
std::size_t BaseAnchors::slot_of(std::uint64_t mix) const {
  std::size_t at = home_of(mix, slots_.size());
  while (slots_[at] != 0 && (slots_[at] & ~kBucketMask) != tag_of(mix))
    at = (at + 1) & (slots_.size() - 1);
  return at;
}

void BaseAnchors::fetch(std::span<const Anchor> anchors, std::size_t at) const {
  if (at < anchors.size())
    __builtin_prefetch(&slots_[home_of(mixed(anchors[at].hash), slots_.size())]);
}

/// The bits below those that make it an anchor are as good as random.
bool BaseAnchors::sampled(std::uint64_t hash) const {
  return hash >> (64 - kAnchorBits - sampling_) == 0;
}

}  // namespace stagecache::pack
