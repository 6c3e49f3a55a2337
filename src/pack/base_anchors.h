#pragma once
//
// Where in a base's stream does an anchor lie? A compact table from anchor to bucket, 8 bytes a
// slot. Long streams are sampled: of their anchors only every second, fourth, ... is kept, chosen
// by the hash, so that a table never has more than `max_slots`.
//
// An anchor that lies in several buckets is known by the first. Thread safety: one writer, or many
// readers.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace stagecache::pack {

class BaseAnchors {
 public:
  struct Extent {
    std::uint64_t stream_bytes;
    std::uint32_t bucket_bytes;
    std::size_t max_slots;  ///< A power of two.
  };
  explicit BaseAnchors(const Extent& extent);

  /// `position` as AnchorScan gives it: where the anchor's bytes end.
  void add(std::uint64_t hash, std::uint64_t position);

  /// May be wrong, once in 2^40 times.
  std::optional<std::uint32_t> bucket_of(std::uint64_t hash) const;

  std::size_t memory() const { return slots_.size() * sizeof(std::uint64_t); }

 private:
  bool sampled(std::uint64_t hash) const;

  std::uint32_t bucket_bytes_;
  unsigned sampling_ = 0;             ///< One anchor in 2^sampling_.
  std::vector<std::uint64_t> slots_;  ///< 40 bits of the hash, 24 of bucket + 1; 0: free.
  std::size_t used_ = 0;
};

}  // namespace stagecache::pack
