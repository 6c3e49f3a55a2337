#include "segment_plan.h"

#include "byte_io.h"

namespace stagecache::pack {
namespace {

using deflate::Block;
using deflate::BlockType;

/// Sums of these must not run over; no segment comes near.
constexpr std::uint64_t kMaxCount = 1ull << 32;

std::uint64_t bytes_of(const Block& block) {
  return (std::uint64_t{block.header_bits} + 7) / 8;
}

void write_block(const Block& block, ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(block.type) | (block.final ? 4u : 0u) |
                                   (block.begins ? 8u : 0u) | (block.ends ? 16u : 0u)));
  out.varint(block.tokens);
  if (block.type != BlockType::Fixed) out.varint(block.header_bits);
}

void write_piece(const Piece& piece, ByteWriter& out) {
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(piece.kind) | piece.padding_bits << 1));
  if (piece.padding_bits > 0) out.u8(piece.padding);
  out.varint(piece.literals);
  if (piece.kind == Piece::Kind::Verbatim) return;
  out.varint(piece.runs);
  out.varint(piece.matches);
  out.varint(piece.blocks.size());
  for (const Block& block : piece.blocks) write_block(block, out);
  out.varint(piece.long_258.size());
  std::uint64_t last = 0;
  for (const std::uint64_t at : piece.long_258) {
    out.varint(at - last);
    last = at;
  }
}

void write_windows(const std::vector<std::uint32_t>& buckets, ByteWriter& out) {
  out.varint(buckets.size());
  std::uint32_t last = 0;
  for (const std::uint32_t bucket : buckets) {
    out.varint(bucket - last);
    last = bucket;
  }
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::Corrupt, std::string(what));
}

Result<std::vector<std::uint32_t>> read_windows(ByteReader& in) {
  const std::uint64_t count = in.varint();
  if (count > kMaxBuckets) return damaged("more windows than there may be");
  std::vector<std::uint32_t> buckets;
  std::uint64_t bucket = 0;
  for (std::uint64_t at = 0; at < count; ++at) {
    const std::uint64_t step = in.varint();
    if (step > kMaxCount || (at > 0 && step == 0)) return damaged("windows out of order");
    bucket += step;
    if (bucket >= kMaxCount) return damaged("a window behind every base");
    buckets.push_back(static_cast<std::uint32_t>(bucket));
  }
  return buckets;
}

Result<Block> read_block(ByteReader& in) {
  Block block;
  const std::uint8_t flags = in.u8();
  if (flags >= 32 || (flags & 3) == 3) return damaged("a block of no known type");
  block.type = static_cast<BlockType>(flags & 3);
  block.final = (flags & 4) != 0;
  block.begins = (flags & 8) != 0;
  block.ends = (flags & 16) != 0;
  block.tokens = in.varint();
  const std::uint64_t bits = block.type == BlockType::Fixed ? 0 : in.varint();
  if (!in.ok() || block.tokens >= kMaxCount || bits > 1u << 16)
    return damaged("a block's numbers are too large");
  block.header_bits = static_cast<std::uint32_t>(bits);
  return block;
}

Result<Piece> read_tokens(ByteReader& in, Piece piece) {
  piece.runs = in.varint();
  piece.matches = in.varint();
  const std::uint64_t blocks = in.varint();
  if (piece.runs >= kMaxCount || piece.matches >= kMaxCount || blocks > in.left() / 2)
    return damaged("a piece's numbers are too large");
  piece.blocks.reserve(blocks);
  std::uint64_t header_offset = 0;
  for (std::uint64_t at = 0; at < blocks; ++at) {
    auto block = read_block(in);
    if (!block) return error_of(std::move(block));
    block->header_offset = header_offset;
    header_offset += bytes_of(*block);
    piece.blocks.push_back(*block);
  }
  const std::uint64_t longs = in.varint();
  if (longs > in.left()) return damaged("more long matches than there are");
  piece.long_258.reserve(longs);
  std::uint64_t index = 0;
  for (std::uint64_t at = 0; at < longs; ++at) {
    const std::uint64_t step = in.varint();
    if (step >= kMaxCount || (at > 0 && step == 0)) return damaged("long matches out of order");
    index += step;
    piece.long_258.push_back(index);
  }
  return piece;
}

Result<Piece> read_piece(ByteReader& in) {
  Piece piece;
  const std::uint8_t flags = in.u8();
  if (flags >= 16) return damaged("a piece of no known kind");
  piece.kind = static_cast<Piece::Kind>(flags & 1);
  piece.padding_bits = flags >> 1;
  if (piece.padding_bits > 0) piece.padding = in.u8();
  if (piece.padding >> piece.padding_bits != 0) return damaged("more padding than there is room");
  piece.literals = in.varint();
  if (piece.literals >= kMaxCount) return damaged("a piece's numbers are too large");
  if (piece.kind == Piece::Kind::Tokens) return read_tokens(in, std::move(piece));
  if (piece.padding_bits > 0) return damaged("padding behind whole bytes");
  return piece;
}

}  // namespace

std::uint64_t Piece::header_bytes() const {
  std::uint64_t bytes = 0;
  for (const Block& block : blocks) bytes += bytes_of(block);
  return bytes;
}

void to_bytes(const SegmentPlan& plan, std::vector<std::byte>& out) {
  ByteWriter writer(out);
  writer.u8(static_cast<std::uint8_t>(plan.before.bits));
  writer.u8(plan.before.value);
  for (const auto& buckets : plan.windows) write_windows(buckets, writer);
  writer.varint(plan.pieces.size());
  for (const Piece& piece : plan.pieces) write_piece(piece, writer);
}

Result<SegmentPlan> plan_from(std::span<const std::byte> bytes) {
  ByteReader in(bytes);
  SegmentPlan plan;
  plan.before.bits = in.u8();
  plan.before.value = in.u8();
  if (plan.before.bits > 7 || plan.before.value >> plan.before.bits != 0)
    return damaged("more bits of the first byte than it has");
  for (auto& buckets : plan.windows) {
    auto read = read_windows(in);
    if (!read) return error_of(std::move(read));
    buckets = std::move(*read);
  }
  const std::uint64_t pieces = in.varint();
  if (pieces > in.left() / 2) return damaged("more pieces than there are");
  for (std::uint64_t at = 0; at < pieces; ++at) {
    auto piece = read_piece(in);
    if (!piece) return error_of(std::move(piece));
    plan.pieces.push_back(std::move(*piece));
  }
  if (!in.at_end()) return damaged("a segment's plan has the wrong length");
  return plan;
}

}  // namespace stagecache::pack
