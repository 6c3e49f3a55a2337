#include "base_anchors.h"

#include <algorithm>
#include <bit>

#include "anchors.h"
#include "stagecache/base/check.h"

namespace stagecache::pack {
namespace {

constexpr std::uint64_t kBucketMask = (1u << 24) - 1;

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

void BaseAnchors::add(std::uint64_t hash, std::uint64_t position) {
  const std::uint64_t bucket = (position - 1) / bucket_bytes_ + 1;
  if (!sampled(hash) || bucket > kBucketMask || used_ >= slots_.size() / 8 * 7) return;
  const std::uint64_t mix = mixed(hash);
  for (std::size_t at = home_of(mix, slots_.size());; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at] == 0) {
      slots_[at] = tag_of(mix) | bucket;
      ++used_;
      return;
    }
    if ((slots_[at] & ~kBucketMask) == tag_of(mix)) return;
  }
}

std::optional<std::uint32_t> BaseAnchors::bucket_of(std::uint64_t hash) const {
  if (!sampled(hash)) return std::nullopt;
  const std::uint64_t mix = mixed(hash);
  for (std::size_t at = home_of(mix, slots_.size()); slots_[at] != 0;
       at = (at + 1) & (slots_.size() - 1))
    if ((slots_[at] & ~kBucketMask) == tag_of(mix))
      return static_cast<std::uint32_t>(slots_[at] & kBucketMask) - 1;
  return std::nullopt;
}

/// The bits below those that make it an anchor are as good as random.
bool BaseAnchors::sampled(std::uint64_t hash) const {
  return hash >> (64 - kAnchorBits - sampling_) == 0;
}

}  // namespace stagecache::pack
