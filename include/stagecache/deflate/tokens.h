#pragma once
//
// The tokens of a stretch of a deflate stream (RFC 1951): LZ77 literals and matches as
// separate byte streams, and the blocks that say with which codes they are written. They
// are what two releases share; the bits are not. Written again they give the same bits,
// whatever encoder made them.
//
// A stretch may begin and end inside a block. Plain values; no thread safety of their own.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace stagecache::deflate {

/// As RFC 1951 3.2.3 numbers them.
enum class BlockType : std::uint8_t { Stored = 0, Fixed = 1, Dynamic = 2 };

/// One block, or the part of one that lies in the stretch.
struct Block {
  BlockType type = BlockType::Stored;
  bool final = false;
  bool begins = true;        ///< Its first bits are written in this stretch.
  bool ends = true;          ///< Its end is written in this stretch.
  std::uint64_t tokens = 0;  ///< Literals and matches of this stretch. Stored: bytes.
  /// The bits that follow the block's first three, in Tokens::headers from the byte
  /// `header_offset` on, lowest bit first. Stored: padding, LEN, NLEN; dynamic: HLIT to the
  /// last code length; fixed: none. There also where `begins` is false: the rest of the
  /// block is written with the same codes.
  std::uint32_t header_bits = 0;
  std::size_t header_offset = 0;

  bool operator==(const Block&) const = default;
};

struct Tokens {
  std::vector<std::byte> literals;  ///< Also the bytes of stored blocks.
  /// LEB128: how many literals (those of stored blocks count) stand before each match of
  /// the stretch, across blocks. What follows the last match is left.
  std::vector<std::byte> runs;
  std::vector<std::byte> lengths;    ///< Of each match: its length less 3.
  std::vector<std::byte> distances;  ///< Of each match: 2 bytes, little-endian, distance less 1.
  /// Indexes, ascending, of the matches of length 258 that are written as code 284 and 31.
  std::vector<std::uint64_t> long_258;
  std::vector<Block> blocks;
  std::vector<std::byte> headers;

  void clear();
  bool operator==(const Tokens&) const = default;
};

/// The same, lying elsewhere. Cheap to copy; valid as long as what it looks at.
struct TokensView {
  TokensView() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): Tokens are as good as a view of them.
  TokensView(const Tokens& tokens);

  std::span<const std::byte> literals, runs, lengths, distances;
  std::span<const std::uint64_t> long_258;
  std::span<const Block> blocks;
  std::span<const std::byte> headers;
};

}  // namespace stagecache::deflate
