#pragma once
//
// What a segment holds besides its slices of the streams: the bits of its first byte that belong
// to the segment before it, the windows of the base its slices were coded against, and its pieces,
// front to back: runs of verbatim bytes and runs of tokens with their blocks.
//
// Pure. from_bytes() reads from a disk: it fails with Corrupt, and allocates no more than a small
// multiple of what it is given.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/deflate/encoder.h"
#include "stagecache/deflate/tokens.h"
#include "streams.h"

namespace stagecache::pack {

struct Piece {
  enum class Kind : std::uint8_t { Verbatim = 0, Tokens = 1 };  ///< On the disk.

  Kind kind = Kind::Verbatim;
  std::uint64_t literals = 0;  ///< Bytes of the literal stream; verbatim: all there is.
  std::uint64_t runs = 0;      ///< Bytes of the stream of runs.
  std::uint64_t matches = 0;
  std::vector<deflate::Block> blocks;
  std::vector<std::uint64_t> long_258;
  std::uint8_t padding = 0;  ///< What fills the byte behind the last token of a stream.
  unsigned padding_bits = 0;

  std::uint64_t header_bytes() const;
};

struct SegmentPlan {
  deflate::PartialByte before;
  PerStream<std::vector<std::uint32_t>> windows;  ///< Buckets, ascending.
  std::vector<Piece> pieces;
};

void to_bytes(const SegmentPlan& plan, std::vector<std::byte>& out);
Result<SegmentPlan> plan_from(std::span<const std::byte> bytes);

}  // namespace stagecache::pack
