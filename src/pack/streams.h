#pragma once
//
// The five byte streams into which a packed artifact falls. Literals also hold the
// verbatim bytes (gzip headers, trailers, what is not deflate). The numbers lie on disks:
// never renumber.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace stagecache::pack {

enum class StreamKind : std::uint8_t { Literals, Runs, Lengths, Distances, Headers };

inline constexpr std::size_t kStreams = 5;
inline constexpr std::array<StreamKind, kStreams> kStreamKinds{
    StreamKind::Literals, StreamKind::Runs, StreamKind::Lengths, StreamKind::Distances,
    StreamKind::Headers};
inline constexpr std::array<std::string_view, kStreams> kStreamNames{"literals", "runs", "lengths",
                                                                     "distances", "headers"};

/// One T for each stream, by `index(kind)`.
template <class T>
using PerStream = std::array<T, kStreams>;

constexpr std::size_t index(StreamKind kind) {
  return static_cast<std::size_t>(kind);
}

using ByteVector = std::vector<std::byte>;
using ByteSpan = std::span<const std::byte>;

/// A window of a base's stream is made of whole buckets of this size (part of the format). Smaller
/// where a segment has less of the stream.
inline constexpr PerStream<std::uint32_t> kBucketBytes{64u << 10, 32u << 10, 32u << 10, 64u << 10,
                                                       8u << 10};
/// As many buckets make up a prefix at most: 4 MiB of literals.
inline constexpr std::size_t kMaxBuckets = 64;

/// What a segment of a packed form may be at most; larger numbers on a disk are not believed.
inline constexpr std::uint64_t kMaxSegmentBytes = 4u << 20;
inline constexpr std::uint64_t kMaxStreamBytes = 32u << 20;

}  // namespace stagecache::pack
