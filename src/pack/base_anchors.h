#pragma once
//
// Where in a base's stream does an anchor lie? A compact table from anchor to bucket, 8 bytes a
// slot. Long streams are sampled: of their anchors only every second, fourth, ... is kept, chosen
// by the hash, so that a table never has more than `max_slots`.
//
// An anchor that lies in several buckets is known by the first. Both calls take many anchors at
// once: the table is larger than the processor's caches, so the slots of the next ones are fetched
// while one is looked at. Thread safety: one writer, or many readers.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace stagecache::pack {

/// As AnchorScan finds it: `position` is where its bytes end.
struct Anchor {
  std::uint64_t position;
  std::uint64_t hash;
};

class BaseAnchors {
 public:
  struct Extent {
    std::uint64_t stream_bytes;
    std::uint32_t bucket_bytes;
    std::size_t max_slots;  ///< A power of two.
  };
  explicit BaseAnchors(const Extent& extent);

  void add(std::span<const Anchor> anchors);

  /// Appends to `buckets` those in which any of `anchors` lie, once for each. May be wrong, once
  /// in 2^40 times.
  void find(std::span<const Anchor> anchors, std::vector<std::uint32_t>& buckets) const;

  std::size_t memory() const { return slots_.size() * sizeof(std::uint64_t); }

 private:
  bool sampled(std::uint64_t hash) const;
  void fetch(std::span<const Anchor> anchors, std::size_t at) const;
  std::size_t slot_of(std::uint64_t mix) const;
  void add(const Anchor& anchor);

  std::uint32_t bucket_bytes_;
  unsigned sampling_ = 0;             ///< One anchor in 2^sampling_.
  std::vector<std::uint64_t> slots_;  ///< 40 bits of the hash, 24 of bucket + 1; 0: free.
  std::size_t used_ = 0;
};

}  // namespace stagecache::pack
